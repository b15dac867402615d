/** What a character can do to the depth of the syntax around it. */
const OPENS = 1, CLOSES = 2, ENDS = 3, OPERATES = 4, BREAKS = 5, SPACE = 6;

const KINDS = new Uint8Array(128);
const mark = (characters: string, kind: number): void => { for (const character of characters) KINDS[character.charCodeAt(0)] = kind; };
mark('([{', OPENS);
mark(')]}', CLOSES);
mark(';,', ENDS);
mark('.+-%&|^!~?:=<>', OPERATES);
mark('\n', BREAKS);
mark(' \t\r', SPACE);

const kindAt = (text: string, at: number): number => KINDS[text.charCodeAt(at)] ?? 0;

/**
 * How deep the syntax of a text may be nested at most: open brackets, and the operators and words in a row since the last thing that ends an expression.
 * Counts what stands in strings and comments too, so it is rather too high than too low. One pass, no parser: it guards one that recurses in native code.
 */
export const nestingBound = (text: string): number => {
  const depth = new Depth();
  let most = 0;
  for (let at = 0; at < text.length; at += 1) {
    const kind = kindAt(text, at);
    if (kind === 0) continue;
    depth.take(kind, text, at);
    if (depth.around + depth.run > most) most = depth.around + depth.run;
  }
  return most;
};

class Depth {
  /** What surrounds the innermost open bracket, and what has piled up inside it. */
  around = 0;
  run = 0;
  private readonly outer: number[] = [];

  take(kind: number, text: string, at: number): void {
    switch (kind) {
      case OPENS:
        this.outer.push(this.run);
        this.around += this.run + 1;
        this.run = 0;
        break;
      case CLOSES:
        this.run = this.outer.pop() ?? 0;
        this.around = Math.max(0, this.around - this.run - 1);
        break;
      case OPERATES:
        this.run += 1;
        break;
      case SPACE:
        if (kindAt(text, at + 1) === 0) this.run += 1;
        break;
      default:
        if (kind === ENDS || endsHere(text, at)) this.run = 0;
    }
  }
}

/** Whether no expression goes on over the line break at `at`. */
const endsHere = (text: string, at: number): boolean => {
  let before = at - 1;
  while (kindAt(text, before) === SPACE) before -= 1;
  let after = at + 1;
  while (kindAt(text, after) >= BREAKS) after += 1;
  const next = kindAt(text, after);
  return kindAt(text, before) !== OPERATES && next !== OPERATES && next !== OPENS && !text.startsWith('else', after);
};
