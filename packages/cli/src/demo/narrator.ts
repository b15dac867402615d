/** Tells the demo's story: a redrawn line while a step runs on a terminal, plain lines elsewhere. */
export interface Narrator {
  step(title: string): void;
  /** A fact of the running step; shown at once. */
  fact(text: string): void;
  /** Redrawn in place on a terminal, not shown elsewhere. */
  progress(text: string): void;
  passed(ms: number): void;
  failed(): void;
}

export function narrator(write: (text: string) => void, interactive: boolean): Narrator {
  let number = 0;
  const clear = interactive ? '\r\u001b[2K' : '';
  return {
    step: (title) => { number += 1; write(`${clear}${String(number).padStart(2)}  ${title}\n`); },
    fact: (text) => { write(`${clear}      ${text}\n`); },
    progress: (text) => { if (interactive) write(`${clear}      ${text}`); },
    passed: (ms) => { write(`${clear}      ✓ ${(ms / 1000).toFixed(1)} s\n`); },
    failed: () => { write(`${clear}      ✗\n`); },
  };
}
