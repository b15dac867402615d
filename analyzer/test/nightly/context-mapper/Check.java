import java.io.File;
import org.contextmapper.dsl.contextMappingDSL.ContextMappingModel;
import org.contextmapper.dsl.standalone.ContextMapperStandaloneSetup;
import org.eclipse.emf.common.util.URI;
import org.eclipse.emf.ecore.resource.impl.ResourceSetImpl;
import org.eclipse.xtext.resource.XtextResource;
import org.eclipse.xtext.util.CancelIndicator;
import org.eclipse.xtext.validation.CheckMode;
import org.eclipse.xtext.validation.Issue;

/** Parses each model with Context Mapper's grammar and runs its validators; leaves with 1 when one of them finds anything at all. */
public class Check {
  public static void main(String[] files) {
    ContextMapperStandaloneSetup.getStandaloneAPI();
    int found = 0;
    for (String name : files) {
      XtextResource resource = (XtextResource) new ResourceSetImpl().getResource(URI.createFileURI(new File(name).getAbsolutePath()), true);
      for (Issue issue : resource.getResourceServiceProvider().getResourceValidator().validate(resource, CheckMode.ALL, CancelIndicator.NullImpl)) {
        System.out.println(name + ":" + issue.getLineNumber() + ": " + issue.getSeverity() + " " + issue.getMessage());
        found++;
      }
      ContextMappingModel model = (ContextMappingModel) resource.getContents().get(0);
      System.out.println(name + ": " + model.getBoundedContexts().size() + " contexts, " + (model.getMap() == null ? 0 : model.getMap().getRelationships().size()) + " relationships");
    }
    System.exit(found == 0 ? 0 : 1);
  }
}
