import { basename } from 'node:path';
import type { SystemModel, Traffic, TrafficSource, Unresolved } from '../../model/graph.ts';
import { parseLogLine, pathOf, secondsOf } from './access-log.ts';
import { linesOf, textOf } from './open.ts';
import { spansOf } from './otlp.ts';
import { matcherOf, SourceTally, trafficOf } from './tally.ts';
import { TraceReader } from './traces.ts';

/** Files that tell what was asked for, by their paths. */
export interface TrafficFiles {
  readonly traces: readonly string[];
  readonly accessLogs: readonly string[];
  readonly hars: readonly string[];
}

/** A document that is no lines (pretty-printed OTLP, HAR) is held in memory: up to so many characters. */
const LARGEST_DOCUMENT = 256 << 20;

/**
 * Reads traces, access logs and HAR files and lays them over the endpoints of a model. Lines are streamed. What cannot be read and what no endpoint answers is counted and listed.
 * @throws StranglerError STR_TRAFFIC_NOT_FOUND, STR_TRAFFIC_BROKEN.
 */
export async function withTraffic(model: SystemModel, files: TrafficFiles): Promise<SystemModel> {
  const matcher = matcherOf(model.endpoints);
  const traces = new TraceReader(model.tables.map(({ name }) => name));
  const tallies: SourceTally[] = [];
  const read = async (kind: TrafficSource['kind'], path: string, how: (path: string, tally: SourceTally) => Promise<void>): Promise<void> => {
    const tally = new SourceTally(kind, basename(path), matcher);
    await how(path, tally);
    tallies.push(tally);
  };
  for (const path of files.accessLogs) await read('access log', path, readAccessLog);
  for (const path of files.hars) await read('har', path, readHar);
  for (const path of files.traces) await read('traces', path, async (file, tally) => readTraces(file, tally, traces));
  traces.close();
  const traffic = trafficOf(tallies, traces.accesses);
  return { ...model, traffic, unresolved: [...model.unresolved, ...findings(tallies, traffic)] };
}

async function readAccessLog(path: string, tally: SourceTally): Promise<void> {
  for await (const { number, text } of linesOf(path)) {
    if (text?.trim() === '') continue;
    const request = text === undefined ? undefined : parseLogLine(text);
    if (request === undefined) tally.refuse(number);
    else tally.count(request, request.seconds);
  }
}

/** One export request a line, as the collector's file exporter writes them; or one document that was printed for people. */
async function readTraces(path: string, tally: SourceTally, traces: TraceReader): Promise<void> {
  const document = await startsWithJson(path) ? undefined : spansOf(parsed(await textOf(path, LARGEST_DOCUMENT)));
  for (const span of document ?? []) traces.take(span, tally);
  if (document !== undefined) return;
  for await (const { number, text } of linesOf(path)) {
    if (text?.trim() === '') continue;
    const spans = spansOf(parsed(text));
    if (spans === undefined) tally.refuse(number);
    else for (const span of spans) traces.take(span, tally);
  }
}

/** Whether the first line is a whole JSON value. */
async function startsWithJson(path: string): Promise<boolean> {
  for await (const { text } of linesOf(path)) if (text?.trim() !== '') return parsed(text) !== undefined;
  return true;
}

interface HarEntry {
  readonly startedDateTime?: unknown;
  readonly request?: { readonly method?: unknown; readonly url?: unknown };
}

async function readHar(path: string, tally: SourceTally): Promise<void> {
  const document = parsed(await textOf(path, LARGEST_DOCUMENT)) as { readonly log?: { readonly entries?: unknown } } | undefined;
  const entries = document?.log?.entries;
  if (!Array.isArray(entries)) {
    tally.refuse(1);
    return;
  }
  entries.forEach((entry: HarEntry | null, i) => {
    const { method, url } = entry?.request ?? {};
    if (typeof method !== 'string' || typeof url !== 'string') tally.refuse(i + 1);
    else tally.count({ method: method.toUpperCase(), path: pathOf(url) }, secondsOf(entry?.startedDateTime));
  });
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function findings(tallies: readonly SourceTally[], { unmatched }: Traffic): Unresolved[] {
  const found = tallies.flatMap(({ bad, firstBad, file, kind, source: { requests } }): Unresolved[] => {
    const at = { file, line: firstBad ?? 1 };
    if (requests === 0) return [{ kind: 'traffic', what: file, why: `no request was found: is it ${kind === 'traces' ? 'OTLP JSON with server spans' : kind === 'har' ? 'a HAR file' : 'an access log (Common, Combined or JSON)'}?`, evidence: at }];
    return bad === 0 ? [] : [{ kind: 'traffic', what: `${String(bad)} ${kind === 'har' ? 'entries' : 'lines'}`, why: 'could not be read; the first is named', evidence: at }];
  });
  const missed = tallies.filter(({ missed: n }) => n > 0);
  return [...found, ...missed.map(({ file, missed: n, matched }): Unresolved => ({
    kind: 'traffic', what: `${String(n)} of ${String(n + matched)} requests`, why: `no endpoint of the source answers them${unmatched[0] === undefined ? '' : `; most often ${unmatched[0].method} ${unmatched[0].path}`}`, evidence: { file, line: 1 },
  }))];
}
