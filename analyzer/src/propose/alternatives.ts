import type { Evidence, ModulePath } from '../model/evidence.ts';
import type { Reason } from './reasons.ts';

/** A counterfactual: the fewest ties of the source whose removal (or, failing that, addition) makes the runner-up the stronger side, all other weights as they are. */
export interface Flip {
  readonly to: string;
  /** `leans already`: its own evidence points there; only the whole group holds it. `none`: neither removal nor a handful of additions does it. */
  readonly by: 'removal' | 'addition' | 'leans already' | 'none';
  /** Ties to remove, strongest first; each stands for all evidence between the module and that other end. For an addition: the tie to have more of. */
  readonly ties: readonly Reason[];
  /** Of ties like that one to add; 0 otherwise. */
  readonly more: number;
  /** `if catalog/price.ts no longer imported orders/tax.ts, it would move to pricing` */
  readonly says: string;
}

/** A rule the proposal strains. It is a finding, never hidden: somebody must act or decide. */
export interface Strain {
  readonly rule: 'an endpoint follows its write owner' | 'a table is owned by a context that writes it' | 'a pin holds';
  readonly what: string;
  readonly remedy: string;
  readonly evidence?: Evidence;
}

export interface BoundaryDecision {
  readonly module: ModulePath;
  readonly context: string;
  readonly runnerUp: string;
  readonly confidence: number;
  /** The evidence on either side. */
  readonly stays: readonly Reason[];
  readonly moves: readonly Reason[];
  /** For the team: `Does orders/tax.ts belong to orders or to pricing?` */
  readonly question: string;
  readonly flip?: Flip;
  /** Two: staying first. */
  readonly answers: readonly DecisionAnswer[];
}

export interface DecisionAnswer {
  readonly context: string;
  /** Cuts at this module under this answer, and their cost. */
  readonly cuts: number;
  readonly cost: number;
  /** What changes for this module's neighbours, in words. */
  readonly consequence: string;
  /** To paste into strangler.contexts.yaml. */
  readonly pin: string;
}

/** Another reading of the same evidence. */
export interface Rival {
  /** A coarser or a finer reading of the evidence, or the proposal with those contexts joined whose borders cost most. */
  readonly kind: 'coarser' | 'finer' | 'fewer cuts';
  readonly resolution: number;
  readonly contexts: number;
  /** Of a rival made from the proposal: the proposal's. */
  readonly stability: number;
  /** ARI with the proposal. */
  readonly agreement: number;
  readonly largest: readonly { readonly name: string; readonly modules: number }[];
  /** Whole: its contexts as they would be taken over. */
  readonly members: readonly RivalContext[];
  /** Where it differs from the proposal. */
  readonly differs: readonly RivalDifference[];
  readonly cost: DivisionCost;
}

export interface RivalContext {
  readonly name: string;
  readonly modules: readonly ModulePath[];
  readonly tables: readonly string[];
}

export interface RivalDifference {
  readonly kind: 'merges' | 'splits' | 'moves';
  /** Contexts of the proposal. */
  readonly of: readonly string[];
  /** Contexts of the rival. */
  readonly into: readonly string[];
  readonly modules: number;
  readonly says: string;
}

/** What one division costs to cut. */
export interface DivisionCost {
  readonly cuts: number;
  readonly cost: number;
  /** Transactions that would span contexts. */
  readonly transactions: number;
  /** Over all distributed endpoints; see EndpointPlan. */
  readonly complexity: number;
  /** Endpoints that more than one context would have to serve. */
  readonly distributed: number;
}
