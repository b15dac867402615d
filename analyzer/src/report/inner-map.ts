import type { Analysis, ModulePath, ServiceCandidate } from '../propose/analysis.ts';
import { moduleId } from './identity.ts';
import { layout, type Point } from './layout.ts';
import { html, nothing, type Markup } from './markup.ts';

/** A context of more modules is a list, not a picture. */
const MOST = 90;

/** Pairs of modules of one context that import or call one another. */
export type InnerEdges = ReadonlyMap<string, readonly (readonly [ModulePath, ModulePath])[]>;

export function innerEdges({ contexts, model }: Analysis): InnerEdges {
  const home = new Map(contexts.flatMap(({ name, modules }) => modules.map((module) => [module, name] as const)));
  const edges = new Map<string, Map<string, readonly [ModulePath, ModulePath]>>();
  const add = (from: ModulePath, to: ModulePath): void => {
    const name = home.get(from);
    if (name === undefined || name !== home.get(to) || from === to) return;
    const pairs = edges.get(name) ?? new Map<string, readonly [ModulePath, ModulePath]>();
    edges.set(name, pairs.set(`${from}\n${to}`, [from, to]));
  };
  for (const { from, to, test } of model.imports) if (!test) add(from, to);
  for (const { from, to } of model.calls) add(from.module, to.module);
  return new Map([...edges].map(([name, pairs]) => [name, [...pairs.values()]]));
}

/** The modules of one context and how they lean on one another; the list beside it is its table twin. */
export function innerMap({ name, modules }: ServiceCandidate, edges: InnerEdges): Markup {
  if (modules.length < 2 || modules.length > MOST) return nothing;
  const number = new Map(modules.map((path, i) => [path, i]));
  const pairs = (edges.get(name) ?? []).map(([from, to]) => ({ a: number.get(from) ?? 0, b: number.get(to) ?? 0, pull: 0.5 }));
  const boxes = modules.map((path) => ({ width: label(path).length * 7.2 + 26, height: 26 }));
  const points = layout(boxes, pairs);
  const reach = (pick: (point: Point) => number, sizes: readonly number[], sign: number): number => sign * Math.max(...points.map((point, i) => sign * pick(point) + (sizes[i] ?? 0) / 2));
  const [widths, heights] = [boxes.map(({ width }) => width), boxes.map(({ height }) => height)];
  const [left, right, top, bottom] = [reach(({ x }) => x, widths, -1) - 8, reach(({ x }) => x, widths, 1) + 8, reach(({ y }) => y, heights, -1) - 8, reach(({ y }) => y, heights, 1) + 8];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Modules of ${name} as a picture"><svg class="map inner" viewBox="${[left, top, right - left, bottom - top].map((value) => value.toFixed(0)).join(' ')}" style="width:${String(Math.round(right - left))}px" role="group" aria-label="Modules of ${name}">
<g class="arrows">${pairs.map(({ a, b }) => line(points[a], points[b]))}</g>
${modules.map((path, i) => pill(path, points[i] ?? { x: 0, y: 0 }, widths[i] ?? 0))}</svg></div>`;
}

const pill = (path: ModulePath, { x, y }: Point, width: number): Markup => html`<a href="#${moduleId(path)}" class="node"><rect x="${(x - width / 2).toFixed(1)}" y="${(y - 13).toFixed(1)}" width="${width.toFixed(1)}" height="26" rx="13"/><text x="${x.toFixed(1)}" y="${(y + 4).toFixed(1)}" text-anchor="middle" class="detail">${label(path)}</text><title>${path}</title></a>`;

const label = (path: ModulePath): string => (path.split('/').at(-1) ?? path).replace(/\.[cm]?[jt]sx?$/, '');

const line = (a: Point | undefined, b: Point | undefined): Markup => a === undefined || b === undefined ? nothing
  : html`<path class="arrow" d="M${a.x.toFixed(1)} ${a.y.toFixed(1)} L${b.x.toFixed(1)} ${b.y.toFixed(1)}"/>`;
