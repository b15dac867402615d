import { expect, test } from '@jest/globals';
import { parseState } from './tla-value.ts';

test('a state as TLC prints it', () => {
  const text = '/\\ slot = [A |-> TRUE, B |-> FALSE]\n/\\ sink = [ a |-> [up |-> FALSE, lsn |-> -1],\n  b |-> [up |-> TRUE, lsn |-> 2] ]\n/\\ log = <<1, 2>>\n/\\ flying = {[by |-> "a", batch |-> <<1>>]}\n/\\ none = {}\n/\\ write = (2 :> "sent to A" @@ 4 :> "new")';
  expect(parseState(text)).toEqual({
    slot: { A: true, B: false }, sink: { a: { up: false, lsn: -1 }, b: { up: true, lsn: 2 } }, log: [1, 2], flying: [{ by: 'a', batch: [1] }], none: [], write: { 2: 'sent to A', 4: 'new' },
  });
});

test('what is no state is said, not guessed', () => {
  expect(() => parseState('/\\ log = <<1, 2')).toThrow('ends in the middle');
  expect(() => parseState('log = 1')).toThrow('was expected');
  expect(() => parseState('/\\ log = ?')).toThrow('not a state');
});
