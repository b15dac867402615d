import { compareText, type ModulePath } from '../model/evidence.ts';

type Owner = string | undefined;

/** One line: everything below a folder, or one file. Without an owner it takes back what a line above it gave. */
export interface OwnerRule {
  /** `orders/` for a folder, `orders/tax.ts` for a file. */
  readonly path: string;
  /** With a folder: only what begins with this word and a dot, however deep below it. */
  readonly anywhere?: string;
  readonly owner: Owner;
}

interface Folder {
  readonly path: string;
  readonly folders: Folder[];
  readonly files: readonly (readonly [path: ModulePath, owner: Owner])[];
  /** Rules needed below it, by the owner it has. An owner that nothing in it has needs `other`. */
  readonly cost: ReadonlyMap<Owner, number>;
  readonly other: number;
  /** How many modules each owner has below it. */
  readonly modules: ReadonlyMap<Owner, number>;
  /** The owner it could be named for, who has most of its modules, and how much is left to say then; Infinity where nobody has. */
  readonly best: { readonly owner: Owner; readonly cost: number };
}

/**
 * The fewest rules, the last match winning, that give each module its owner: on the tree of folders, each folder either keeps the owner it inherits
 * or is named for the one who has most of it, whichever leaves less to say below. (The recurrence of the smallest routing table: Draves, King, Venkatachary & Zill, INFOCOM 1999.)
 * Paths that are not in the map may get any owner.
 */
export const ownerRules = (owners: ReadonlyMap<ModulePath, Owner>): OwnerRule[] => rulesBelow(folderOf('', [...owners].sort(([a], [b]) => compareText(a, b))), undefined);

/** Builds a folder bottom-up, with its costs. */
function folderOf(path: string, entries: readonly (readonly [ModulePath, Owner])[]): Folder {
  const groups = new Map<string, (readonly [ModulePath, Owner])[]>();
  const files: (readonly [ModulePath, Owner])[] = [];
  for (const entry of entries) {
    const slash = entry[0].indexOf('/', path.length);
    if (slash < 0) files.push(entry);
    else {
      const name = entry[0].slice(0, slash + 1);
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [entry]);
      else group.push(entry);
    }
  }
  const folders = [...groups].map(([name, its]) => folderOf(name, its));
  const owners = new Set<Owner>([...files.map(([, owner]) => owner), ...folders.flatMap(({ cost }) => [...cost.keys()])]);
  const cost = new Map([...owners].map((owner) => [owner, costWith(owner, files, folders)] as const));
  const other = files.length + folders.reduce((sum, folder) => sum + Math.min(folder.other, folder.best.cost + 1), 0);
  const modules = count([...files.map(([, owner]) => [owner, 1] as const), ...folders.flatMap((folder) => [...folder.modules])]);
  const total = [...modules.values()].reduce((sum, its) => sum + its, 0);
  // A folder that is mostly somebody else's is not given away for the sake of a shorter file: whatever is added to it would go along.
  const [best = [undefined, Infinity] as const] = [...cost].filter(([owner]) => 2 * (modules.get(owner) ?? 0) > total).sort(([, x], [, y]) => x - y);
  return { path, folders, files, cost, other, modules, best: { owner: best[0], cost: best[1] } };
}

function count(parts: readonly (readonly [owner: Owner, modules: number])[]): ReadonlyMap<Owner, number> {
  const sums = new Map<Owner, number>();
  for (const [owner, modules] of parts) sums.set(owner, (sums.get(owner) ?? 0) + modules);
  return sums;
}

const costWith = (owner: Owner, files: Folder['files'], folders: readonly Folder[]): number =>
  files.filter(([, its]) => its !== owner).length + folders.reduce((sum, folder) => sum + Math.min(inherit(folder, owner), folder.best.cost + 1), 0);

const inherit = ({ cost, other }: Folder, owner: Owner): number => cost.get(owner) ?? other;

/** Of two ways that cost the same, a folder that is one owner's is named whole: what is added to it has an owner then. A folder of nothing but one folder waits for that. */
const ownedAlone = ({ best, files, folders }: Folder): boolean => best.cost === 0 && best.owner !== undefined && (files.length > 0 || folders.length > 1);

/** Folders before what is in them, so that the later, narrower line wins. */
function rulesBelow(folder: Folder, inherited: Owner): OwnerRule[] {
  // The root is the whole repository: what is no module there is not for us to give away.
  const keeps = folder.path === '' || folder.best.owner === inherited || (inherit(folder, inherited) <= folder.best.cost + 1 && !ownedAlone(folder));
  const owner = keeps ? inherited : folder.best.owner;
  return [
    ...(keeps ? [] : [{ path: folder.path, owner }]),
    ...folder.files.filter(([, its]) => its !== owner).map(([path, its]) => ({ path, owner: its })),
    ...folder.folders.flatMap((child) => rulesBelow(child, owner)),
  ];
}
