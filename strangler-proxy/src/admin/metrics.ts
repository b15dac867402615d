import { stageName, LADDER } from '@strangler/kernel';
import type { Engine } from '../engine.ts';

interface Sample { readonly labels: Readonly<Record<string, string>>; readonly value: number }

/** The counters in Prometheus' text format, version 0.0.4. */
export function metricsText(engine: Engine): string {
  const { counters, table, comparisons, state, services, clock, mirror, inFlight } = engine;
  const perRoute = (value: (id: string) => number): Sample[] => table.routes.map(({ id }) => ({ labels: { route: id }, value: value(id) }));
  const sides = [...counters.durations].map(([label, durations]) => ({ labels: split(label, ['route', 'side']), ...durations }));
  return [
    metric('strangler_requests_total', 'counter', 'Answers passed on, by route (empty: no route), side and class of status.', [...counters.answers].map(([label, value]) => ({ labels: split(label, ['route', 'side', 'status']), value }))),
    metric('strangler_first_byte_seconds_sum', 'counter', 'Time to the upstream\'s first byte, summed.', sides.map(({ labels, sumMs }) => ({ labels, value: sumMs / 1_000 }))),
    metric('strangler_first_byte_seconds_count', 'counter', 'Answers that sum is made of.', sides.map(({ labels, count }) => ({ labels, value: count }))),
    metric('strangler_failed_total', 'counter', 'Requests no upstream answered.', [...counters.routes].map(([route, { failed }]) => ({ labels: { route }, value: failed }))),
    metric('strangler_fell_back_total', 'counter', 'Requests the monolith answered in the service\'s place.', [...counters.routes].map(([route, { fellBack }]) => ({ labels: { route }, value: fellBack }))),
    metric('strangler_client_gone_total', 'counter', 'Requests whose client left first.', [...counters.routes].map(([route, { clientGone }]) => ({ labels: { route }, value: clientGone }))),
    metric('strangler_compared', 'gauge', 'Pairs compared since the candidate was replaced.', perRoute((id) => comparisons.tally(id).samples)),
    metric('strangler_mismatched', 'gauge', 'Pairs that differed.', perRoute((id) => comparisons.tally(id).mismatched)),
    metric('strangler_stage', 'gauge', '0 monolith, 1 shadow, 2 canary, 3 service, 4 retired.', perRoute((id) => LADDER.indexOf(stageName(state.current.routes[id]?.stage ?? 'monolith')))),
    metric('strangler_epoch', 'gauge', 'Durable changes so far.', [{ labels: {}, value: state.current.epoch }]),
    metric('strangler_mirrors_active', 'gauge', 'Exchanges being mirrored.', [{ labels: {}, value: mirror.active }]),
    metric('strangler_writes_in_flight', 'gauge', 'Writes under way.', [{ labels: {}, value: inFlight.count(table.routes.map(({ id }) => id)) }]),
    metric('strangler_breaker_open', 'gauge', '1 while a service is not called.', [...services].map(([service, { breaker }]) => ({ labels: { service }, value: breaker.state(clock.now()) === 'closed' ? 0 : 1 }))),
  ].join('');
}

function metric(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.map(({ labels, value }) => `${name}${printLabels(labels)} ${String(value)}\n`).join('')}`;
}

function printLabels(labels: Sample['labels']): string {
  const entries = Object.entries(labels);
  return entries.length === 0 ? '' : `{${entries.map(([key, value]) => `${key}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`).join(',')}}`;
}

function split(label: string, names: readonly string[]): Record<string, string> {
  const parts = label.split('\0');
  return Object.fromEntries(names.map((name, index) => [name, parts[index] ?? '']));
}
