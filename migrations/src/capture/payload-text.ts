const OPENING = Buffer.from('{"schema":');
const PAYLOAD = ',"payload":';
const CLOSING = '}'.charCodeAt(0);
/** Of a topic's key, its value and a few that came before a column was added. */
const KEPT = 16;

/**
 * Messages as texts, without the schema that Connect's JsonConverter repeats in every one of them where `schemas.enable` is true (its default): to parse four kilobytes
 * of schema again for a row of a hundred bytes would be most of the work of reading. What came before a payload once is known by its bytes when it comes again.
 */
export class PayloadTexts {
  private heads: readonly Buffer[] = [];

  of(value: Buffer): string {
    if (!beginsWith(value, OPENING) || value.at(-1) !== CLOSING) return value.toString('utf8');
    const head = this.heads.find((known) => beginsWith(value, known));
    if (head !== undefined) return value.toString('utf8', head.length, value.length - 1);
    const text = value.toString('utf8');
    const found = headOf(text);
    if (found !== undefined) this.heads = [Buffer.from(found), ...this.heads].slice(0, KEPT);
    return text;
  }
}

const beginsWith = (value: Buffer, head: Buffer): boolean => value.length > head.length && value.compare(head, 0, head.length, 0, head.length) === 0;

/** Up to the first `,"payload":` before which the schema is whole: no JSON value is the beginning of another, unless it is a number. */
function headOf(text: string): string | undefined {
  for (let at = text.indexOf(PAYLOAD); at >= 0; at = text.indexOf(PAYLOAD, at + 1)) {
    if (isObject(text.slice(OPENING.length, at))) return text.slice(0, at + PAYLOAD.length);
  }
  return undefined;
}

function isObject(text: string): boolean {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null;
  } catch {
    return false;
  }
}
