import type { Io } from '../command.ts';

export interface ProgressLine {
  readonly show: (text: string) => void;
  /** Wipes the line, so that the answer stands alone. */
  readonly end: () => void;
}

/** One line on standard error, redrawn at most 20 times a second; nothing at all where nobody watches. */
export function progressLine(io: Pick<Io, 'err' | 'interactive'>): ProgressLine {
  let last = 0;
  let drawn = false;
  return {
    show: (text) => {
      const now = performance.now();
      if (!io.interactive || now - last < 50) return;
      last = now;
      drawn = true;
      io.err(`\r\u001b[2K${text}`);
    },
    end: () => { if (drawn) io.err('\r\u001b[2K'); },
  };
}
