import { isMap, isScalar, isSeq, parseDocument, type Document, type YAMLSeq } from 'yaml';
import type { ContextPins } from '@strangler/analyzer';

const PARTS = ['modules', 'tables', 'not'] as const;

/**
 * The text of a pins file with more pins merged in: comments and everything else stay. What is pinned to one context now is pinned to no other and is not shared; a ban that stands
 * against it goes.
 */
export function mergePins(text: string, { contexts = {}, shared = [] }: ContextPins): string {
  const document = parseDocument(text);
  for (const [name, pin] of Object.entries(contexts)) {
    for (const part of ['modules', 'tables'] as const) {
      for (const item of pin[part] ?? []) {
        release(document, item, (path) => path[0] === 'contexts' && path[1] === name && path[2] === part);
        add(document, ['contexts', name, part], item);
      }
    }
  }
  for (const item of shared) {
    release(document, item, (path) => path[0] === 'shared');
    add(document, ['shared'], item);
  }
  return document.toString({ lineWidth: 120, flowCollectionPadding: false });
}

type Path = readonly string[];

function add(document: Document, path: Path, item: string): void {
  const list = document.getIn(path);
  if (isSeq(list)) {
    if (!plain(list).includes(item)) list.add(item);
    return;
  }
  const made = document.createNode([item]) as YAMLSeq;
  made.flow = true;
  document.setIn(path, made);
}

/** Takes an item out of every list that claims it, but for those to keep. Lists and contexts that are empty then are gone. */
function release(document: Document, item: string, keep: (path: Path) => boolean): void {
  const names = contextNames(document);
  for (const path of [['shared'], ...names.flatMap((name) => PARTS.map((part) => ['contexts', name, part]))]) if (stands(path, keep)) drop(document, path, item);
  for (const name of names) {
    const context = document.getIn(['contexts', name]);
    if (isMap(context) && context.items.length === 0) document.deleteIn(['contexts', name]);
  }
}

/** Whether a list stands against the new pin. A ban of another context agrees with it; a ban of its own does not. */
const stands = (path: Path, keep: (path: Path) => boolean): boolean => (path[2] === 'not' ? keep([path[0] ?? '', path[1] ?? '', 'modules']) : !keep(path));

function drop(document: Document, path: Path, item: string): void {
  const list = document.getIn(path);
  if (!isSeq(list)) return;
  const at = plain(list).indexOf(item);
  if (at >= 0) list.delete(at);
  if (list.items.length === 0) document.deleteIn(path);
}

function contextNames(document: Document): string[] {
  const contexts = document.get('contexts');
  return isMap(contexts) ? contexts.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
}

const plain = (list: YAMLSeq): unknown[] => list.toJSON();
