import type { Analysis, ServiceCandidate } from '../propose/analysis.ts';
import { contextId } from './identity.ts';
import { layout, type Point } from './layout.ts';
import { html, nothing, type Markup } from './markup.ts';
import { contextArrows, type Arrow } from './mermaid.ts';

const HEIGHT = 54;
/** Arrows drawn at rest, per context; the others appear when one of their ends is selected. */
const ARROWS_PER_CONTEXT = 2.5;
const MARGIN = 24;

/** The context map as SVG: every box is a link, so that keyboard, hash and screen reader come for free. Its table twin is in the section on cuts. */
export function contextMap(analysis: Analysis): Markup {
  const { contexts, cuts } = analysis;
  const arrows = contextArrows(cuts);
  const number = new Map(contexts.map(({ name }, i) => [name, i]));
  const boxes = contexts.map((context) => ({ width: widthOf(context), height: HEIGHT }));
  const most = Math.max(1, ...arrows.map(({ cost }) => cost));
  const points = layout(boxes, arrows.map(({ from, to, cost }) => ({ a: number.get(from) ?? 0, b: number.get(to) ?? 0, pull: Math.sqrt(cost / most) })));
  const [left, right] = [Math.min(0, ...points.map(({ x }, i) => x - (boxes[i]?.width ?? 0) / 2)) - MARGIN, Math.max(0, ...points.map(({ x }, i) => x + (boxes[i]?.width ?? 0) / 2)) + MARGIN];
  const [top, bottom] = [Math.min(0, ...points.map(({ y }) => y)) - HEIGHT / 2 - MARGIN, Math.max(0, ...points.map(({ y }) => y)) + HEIGHT / 2 + MARGIN];
  const shown = Math.ceil(contexts.length * ARROWS_PER_CONTEXT);
  const place = (name: string): Point & { width: number } => {
    const i = number.get(name) ?? 0;
    return { ...points[i] ?? { x: 0, y: 0 }, width: boxes[i]?.width ?? 0 };
  };
  return html`<svg class="map" viewBox="${[left, top, right - left, bottom - top].map((value) => value.toFixed(0)).join(' ')}" role="group" aria-label="Context map. Each box is a context; arrows are cuts." style="min-width:${String(Math.round((right - left) * 0.8))}px;max-width:${String(Math.round((right - left) * 1.1))}px">
<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerUnits="userSpaceOnUse" markerWidth="11" markerHeight="11" orient="auto-start-reverse"><path d="M1 1 9 5 1 9" class="tip"/></marker><marker id="tip-heavy" viewBox="0 0 10 10" refX="9" refY="5" markerUnits="userSpaceOnUse" markerWidth="12" markerHeight="12" orient="auto-start-reverse"><path d="M1 1 9 5 1 9" class="tip heavy"/></marker></defs>
<g class="arrows">${arrows.map((arrow, i) => arrowPath(arrow, place, most, i < shown))}</g>
${contexts.map((context, i) => box(context, points[i] ?? { x: 0, y: 0 }, boxes[i]?.width ?? 0))}</svg>`;
}

/** Fonts differ from machine to machine: room for a wide one. */
const widthOf = (context: ServiceCandidate): number => 54 + Math.max(context.name.length * 9.3, detailOf(context).length * 7);

const detailOf = ({ modules, tables }: ServiceCandidate): string => `${String(modules.length)} mod${tables.length === 0 ? '' : ` · ${String(tables.length)} tab`}`;

function box(context: ServiceCandidate, { x, y }: Point, width: number): Markup {
  const { name, modules, tables } = context;
  const [left, top] = [x - width / 2, y - HEIGHT / 2];
  const size = Math.min(13, 4 + Math.sqrt(modules.length));
  return html`<a href="#${contextId(name)}" class="node" data-context="${name}" aria-label="${name}: ${modules.length} modules, ${tables.length} tables"><rect x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${width.toFixed(1)}" height="${HEIGHT}" rx="10"/><circle cx="${(left + 19).toFixed(1)}" cy="${y.toFixed(1)}" r="${size.toFixed(1)}" data-hue="${contextId(name)}"/><text x="${(left + 38).toFixed(1)}" y="${(y - 3).toFixed(1)}" class="name">${name}</text><text x="${(left + 38).toFixed(1)}" y="${(y + 14).toFixed(1)}" class="detail">${detailOf(context)}</text></a>`;
}

function arrowPath({ from, to, cost, cuts, heavy }: Arrow, place: (name: string) => Point & { width: number }, most: number, shown: boolean): Markup {
  const [a, b] = [place(from), place(to)];
  const bend = 0.12;
  const middle = { x: (a.x + b.x) / 2 + (b.y - a.y) * bend, y: (a.y + b.y) / 2 - (b.x - a.x) * bend };
  const [start, end] = [border(a, middle), border(b, middle)];
  if (start === undefined || end === undefined) return nothing;
  const width = 1 + 4 * Math.sqrt(cost / most);
  return html`<path class="arrow${heavy ? ' heavy' : ''}${shown ? '' : ' rest'}" data-from="${from}" data-to="${to}" d="M${point(start)} Q${point(middle)} ${point(end)}" stroke-width="${width.toFixed(1)}" marker-end="url(#${heavy ? 'tip-heavy' : 'tip'})"><title>${from} → ${to}: ${cuts.length} cuts, cost ${cost}</title></path>`;
}

const point = ({ x, y }: Point): string => `${x.toFixed(1)} ${y.toFixed(1)}`;

/** Where the line from a box's middle to a point leaves the box. */
function border(from: Point & { width: number }, to: Point): Point | undefined {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  if (dx === 0 && dy === 0) return undefined;
  const t = Math.min((from.width / 2 + 3) / Math.max(Math.abs(dx), 1e-6), (HEIGHT / 2 + 3) / Math.max(Math.abs(dy), 1e-6));
  return t >= 1 ? from : { x: from.x + dx * t, y: from.y + dy * t };
}
