import com.structurizr.Workspace;
import com.structurizr.dsl.StructurizrDslParser;
import java.io.File;

/** Parses each workspace with Structurizr's own parser; leaves with 1 at the first that it refuses. */
public class Check {
  public static void main(String[] files) throws Exception {
    for (String name : files) {
      StructurizrDslParser parser = new StructurizrDslParser();
      try {
        parser.parse(new File(name));
      } catch (Exception refused) {
        System.out.println(name + ": " + refused.getMessage());
        System.exit(1);
      }
      Workspace workspace = parser.getWorkspace();
      System.out.println(name + ": " + workspace.getModel().getElements().size() + " elements, " + workspace.getModel().getRelationships().size() + " relationships");
    }
  }
}
