/** A file of a Maven repository, in Gradle's notation: `group:name:version[:classifier][@extension]`. */
export interface Artifact {
  readonly group: string;
  readonly name: string;
  readonly version: string;
  readonly classifier?: string;
  /** `jar` unless it says otherwise. */
  readonly extension: string;
}

/** @throws Error for a text that is no artifact: a lock is ours, so that is a bug or a bad merge. */
export function parseArtifact(text: string): Artifact {
  const found = /^([\w.-]+):([\w.-]+):([\w.-]+)(?::([\w.-]+))?(?:@([\w.]+))?$/.exec(text);
  if (found === null) throw new Error(`'${text}' is no artifact: write group:name:version[:classifier][@extension].`);
  const [, group = '', name = '', version = '', classifier, extension = 'jar'] = found;
  return { group, name, version, extension, ...(classifier === undefined ? {} : { classifier }) };
}

export const printArtifact = ({ group, name, version, classifier, extension }: Artifact): string =>
  `${group}:${name}:${version}${classifier === undefined ? '' : `:${classifier}`}${extension === 'jar' ? '' : `@${extension}`}`;

export const artifactFile = ({ name, version, classifier, extension }: Artifact): string => `${name}-${version}${classifier === undefined ? '' : `-${classifier}`}.${extension}`;

/** Where a repository keeps it, without a leading slash (Maven's default layout). */
export const artifactPath = (artifact: Artifact): string => [...artifact.group.split('.'), artifact.name, artifact.version, artifactFile(artifact)].join('/');
