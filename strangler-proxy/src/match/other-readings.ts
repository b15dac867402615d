/** Only a path with one of these can be read in more than one way: nearly all requests are done here. */
export const isAmbiguous = (path: string): boolean => /%|\/\/|\/\./.test(path);

/**
 * The ways in which a program behind us may read a path that we match byte for byte: percent-encodings resolved (RFC 3986 §6.2.2.2), empty
 * segments dropped, dot segments removed (§5.2.4). Express takes none of these steps, `new URL()` some, a gateway or another framework all.
 * `slashes`: also with `%2F` as a separator.
 */
export function otherReadings(path: string, { slashes }: { readonly slashes: boolean }): string[] {
  if (!isAmbiguous(path)) return [];
  const decoded = [path, decode(path, false), ...(slashes ? [decode(path, true)] : [])];
  const merged = decoded.flatMap((each) => [each, each.replace(/\/{2,}/g, '/')]);
  const readings = new Set(merged.flatMap((each) => [each, withoutDots(each)]));
  readings.delete(path);
  return [...readings];
}

const decode = (path: string, slashes: boolean): string => path.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
  try {
    return decodeURIComponent(slashes ? run : run.replace(/%2f/gi, '%252F'));
  } catch {
    return run;
  }
});

function withoutDots(path: string): string {
  const kept: string[] = [];
  const segments = path.slice(1).split('/');
  for (const [index, segment] of segments.entries()) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
    if (index === segments.length - 1 && (segment === '.' || segment === '..')) kept.push('');
  }
  return `/${kept.join('/')}`;
}
