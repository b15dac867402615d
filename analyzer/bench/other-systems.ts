import { folderBelow, type PublicSystem } from './systems.ts';

/** A public system on which no weight was tuned. */
export interface OtherSystem extends PublicSystem {
  /** `development`: looked at while the algorithm was chosen. `validation`: measured when it stood, and never looked into. */
  readonly use: 'development' | 'validation';
}

const development = 'development';
const validation = 'validation';
const first = (...ways: ((path: string) => string | undefined)[]) => (path: string): string | undefined => ways.reduce<string | undefined>((found, way) => found ?? way(path), undefined);

/** Truth: the maintainers' feature folders, those named for a technical role left out. README.md names the commits in a table. */
export const OTHERS: readonly OtherSystem[] = [
  { name: 'ghostfolio', use: development, source: 'ghostfolio/ghostfolio c542997d2799', directory: 'ghostfolio', root: 'apps/api/src', contextOf: first(folderBelow('app/endpoints/'), folderBelow('app/', ['endpoints'])) },
  { name: 'hoppscotch', use: development, source: 'hoppscotch/hoppscotch afc2cf181c16', directory: 'hoppscotch', root: 'packages/hoppscotch-backend/src', contextOf: folderBelow('', ['types', 'guards', 'decorators', 'interceptors', 'prisma', 'plugins', 'posthog']) },
  { name: 'novu', use: development, source: 'novuhq/novu 74a2e9a6a295', directory: 'novu', root: 'apps/api/src', contextOf: folderBelow('app/', ['shared', 'testing']) },
  { name: 'bigcapital', use: development, source: 'bigcapitalhq/bigcapital af80afcf5983', directory: 'bigcapital', root: 'packages/server/src', contextOf: folderBelow('modules/') },
  { name: 'medusa', use: development, source: 'medusajs/medusa 59e674780013', directory: 'medusa', root: 'packages/modules', contextOf: folderBelow('', ['providers', 'link-modules']) },
  { name: 'flowise (layered)', use: development, source: 'FlowiseAI/Flowise ababf4c8ebc0', directory: 'flowise', root: 'packages/server/src', contextOf: first(folderBelow('controllers/'), folderBelow('routes/'), folderBelow('services/')) },
  { name: 'documenso', use: development, source: 'documenso/documenso 75330166cc00', directory: 'documenso', root: 'packages/lib', contextOf: folderBelow('server-only/') },
  { name: 'hexabot', use: validation, source: 'hexabot-ai/Hexabot 3c5473d1f0a3', directory: 'hexabot', root: 'packages/api/src', contextOf: folderBelow('', ['utils', 'types', 'config', 'helper', 'database', 'bindings']) },
  { name: 'gauzy', use: validation, source: 'ever-co/ever-gauzy 39a5c3adfe12', directory: 'gauzy', root: 'packages/core/src/lib', contextOf: folderBelow('', ['core', 'database', 'shared', 'common', 'app', 'bootstrap']) },
  { name: 'formbricks', use: validation, source: 'formbricks/formbricks b66c1dd978af', directory: 'formbricks', root: 'apps/web', contextOf: first(folderBelow('modules/ee/'), folderBelow('modules/', ['ee', 'ui', 'core', 'utils'])) },
  { name: 'AFFiNE', use: validation, source: 'toeverything/AFFiNE 10963da70635', directory: 'affine', root: 'packages/backend/server/src', contextOf: first(folderBelow('core/', ['utils', 'common']), folderBelow('plugins/', ['utils', 'common'])) },
  { name: 'teable', use: validation, source: 'teableio/teable c398cf4e0d79', directory: 'teable', root: 'apps/nestjs-backend/src', contextOf: folderBelow('features/') },
  { name: 'refly', use: validation, source: 'refly-ai/refly 71f8b875c875', directory: 'refly', root: 'apps/api/src', contextOf: folderBelow('modules/', ['common', 'misc', 'config']) },
];
