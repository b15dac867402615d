import { compareText, type ModulePath } from '../model/evidence.ts';
import { agreement, type Labels } from '../measure/agreement.ts';
import type { Clustering } from '../cluster/cluster.ts';
import type { ContextPair, Rival, RivalContext, ServiceCandidate } from './analysis.ts';
import { joinedForFewerCuts } from './fewer-cuts.ts';
import { membersOf, namesOf, type Divided, type Vocabulary } from './names.ts';
import { differences, keptNames } from './rival-differences.ts';
import { isTable } from './reasons.ts';
import { settle, type Ground } from './settle.ts';

export interface RivalInput {
  readonly ground: Ground;
  readonly vocabulary: Vocabulary;
  readonly clustering: Clustering;
  /** Of the proposal, by community. */
  readonly contexts: readonly ServiceCandidate[];
  readonly pairs: readonly ContextPair[];
}

/** Other divisions that a team could take over as they are: readings of the evidence at another grain, and the proposal with its dearest borders taken down. */
export function rivalsOf(input: RivalInput): Rival[] {
  const { chosen, rivals } = input.clustering;
  const cheaper = fewerCuts(input);
  return [
    ...rivals.map(({ placement, resolution, stability }) => rivalOf(input, placement, { kind: placement.communities < chosen.placement.communities ? 'coarser' : 'finer', resolution, stability: round(stability) })),
    ...(cheaper === undefined ? [] : [rivalOf(input, cheaper, { kind: 'fewer cuts', resolution: chosen.resolution, stability: round(chosen.stability) })]),
  ];
}

function rivalOf({ ground, vocabulary, clustering, contexts }: RivalInput, divided: Divided, reading: Pick<Rival, 'kind' | 'resolution' | 'stability'>): Rival {
  const parts = membersOf(divided);
  const names = namesOf(vocabulary, divided, clustering.constraints, keptNames(contexts, parts));
  const members = parts.map(({ modules, tables }, i): RivalContext => ({ name: names[i] ?? '', modules: [...modules].sort(compareText), tables: [...tables].sort(compareText) }));
  return {
    ...reading, contexts: divided.communities, agreement: round(agreement(labels(divided), labels(clustering.chosen.placement)).ari),
    largest: members.map(({ name, modules }) => ({ name, modules: modules.length })).sort((a, b) => b.modules - a.modules || compareText(a.name, b.name)).slice(0, 5),
    members, differs: differences(contexts, members), cost: settle(ground, divided.communityOf, names).cost,
  };
}

function fewerCuts({ clustering, contexts, pairs }: RivalInput): Divided | undefined {
  const { constraints, chosen: { placement } } = clustering;
  const home = (item: string): string | undefined => contexts[placement.communityOf.get(item) ?? -1]?.name;
  const apart = new Set(constraints.apart.flatMap(([a, b]) => [`${String(home(a))}\n${String(home(b))}`, `${String(home(b))}\n${String(home(a))}`]));
  const into = joinedForFewerCuts(contexts, pairs, (a, b) => apart.has(`${a}\n${b}`));
  const kept = [...new Set(into)].sort((a, b) => a - b);
  if (kept.length === into.length) return undefined;
  const number = new Map(kept.map((old, now) => [old, now]));
  return { communityOf: new Map([...placement.communityOf].map(([item, community]) => [item, number.get(into[community] ?? community) ?? 0])), communities: kept.length };
}

const labels = ({ communityOf }: Divided): Labels => new Map<ModulePath, string>([...communityOf].filter(([item]) => !isTable(item)).map(([item, community]) => [item, String(community)]));
const round = (value: number): number => Math.round(value * 1000) / 1000;
