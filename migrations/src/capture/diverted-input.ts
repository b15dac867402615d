import type { EventEmitter } from 'node:events';

/** A socket whose input somebody else may read for a while. */
export interface DivertedStream extends EventEmitter {
  pause(): unknown;
  resume(): unknown;
}

/** Of a `gulpSocket`: what has come, in memory that is written over afterwards. */
export const GULP = 'gulp';

export interface DivertedInput {
  /** All that comes from now on goes there; `bytes` may be written over when it returns. */
  to(read: (bytes: Buffer) => void): void;
  /** To those who read before. */
  readonly pass: (bytes: Buffer) => void;
  /** They read themselves again. */
  back(): void;
}

/** Takes a socket's input from its readers, who get what is passed on to them. */
export function divertInput(stream: DivertedStream): DivertedInput {
  const readers = stream.listeners('data') as ((bytes: Buffer) => void)[];
  let reader: (bytes: Buffer) => void = () => undefined;
  const listen = (bytes: Buffer): void => { reader(bytes); };
  for (const each of readers) stream.off('data', each);
  stream.on(GULP, listen);
  stream.on('data', listen);
  return {
    to: (read) => { reader = read; },
    pass: (bytes) => { for (const each of readers) each(bytes); },
    back: () => {
      stream.off(GULP, listen);
      stream.off('data', listen);
      for (const each of readers) stream.on('data', each);
    },
  };
}
