import { describe, expect, test } from '@jest/globals';
import { main } from './main.ts';
import { commands } from './commands.ts';
import type { Io } from './command.ts';

function listener(signal = new AbortController().signal): Io & { said: { out: string; err: string } } {
  const said = { out: '', err: '' };
  return {
    said, interactive: false, environment: {}, cwd: '/', signal,
    out: (text) => { said.out += text; }, err: (text) => { said.err += text; },
  };
}

describe('the command line', () => {
  test('without a verb lists every command and leaves with 0', async () => {
    const io = listener();
    expect(await main([], io)).toBe(0);
    for (const verb of commands.keys()) expect(io.said.out).toContain(`  ${verb} `);
  });

  test('with an unknown verb names the known ones and leaves with 2', async () => {
    const io = listener();
    expect(await main(['strangle'], io)).toBe(2);
    expect(io.said.err).toContain("STR_USAGE — There is no command 'strangle'.");
    expect(io.said.err).toContain('promote, rollback');
  });

  test('with an unknown option prints the usage of that command and leaves with 2', async () => {
    const io = listener();
    expect(await main(['schema', '--colour'], io)).toBe(2);
    expect(io.said.err).toMatch(/Unknown option '--colour'[\s\S]*→ strangler schema/);
  });

  test('with --json prints an error as JSON on standard output, and nothing else', async () => {
    const io = listener();
    expect(await main(['strangle', '--json'], io)).toBe(2);
    expect(JSON.parse(io.said.out)).toMatchObject({ error: { code: 'STR_USAGE' } });
    expect(io.said.err).toBe('');
  });

  test('--help of a command says how it is used and runs nothing', async () => {
    const io = listener();
    expect(await main(['schema', '--help'], io)).toBe(0);
    expect(io.said.out).toMatch(/^strangler schema\n/);
  });

  test('leaves with 130 when the user interrupted it', async () => {
    const stop = new AbortController();
    stop.abort('SIGINT');
    expect(await main(['schema'], listener(stop.signal))).toBe(130);
  });
});
