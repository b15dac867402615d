import { describe, expect, test } from '@jest/globals';
import { apiEntityV1alpha1Validator, componentEntityV1alpha1Validator, EntityPolicies, FieldFormatEntityPolicy, groupEntityV1alpha1Validator, NoForeignRootFieldsEntityPolicy, resourceEntityV1alpha1Validator, SchemaValidEntityPolicy, systemEntityV1alpha1Validator, type Entity } from '@backstage/catalog-model';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { analysed, hostileName, renamedCatalog } from '../../test/analysed-shop.ts';
import { backstage } from './backstage.ts';

const POLICY = EntityPolicies.allOf([new SchemaValidEntityPolicy(), new NoForeignRootFieldsEntityPolicy(), new FieldFormatEntityPolicy()]);
const KINDS = [systemEntityV1alpha1Validator, groupEntityV1alpha1Validator, componentEntityV1alpha1Validator, apiEntityV1alpha1Validator, resourceEntityV1alpha1Validator];

/** The entities, each accepted by Backstage's own rules. */
async function accepted(text: string): Promise<Entity[]> {
  const entities = parseAllDocuments(text).map((document): Entity => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Entity;
  });
  for (const entity of entities) {
    await POLICY.enforce(entity);
    expect([entity.kind, (await Promise.all(KINDS.map((kind) => kind.check(entity)))).filter(Boolean).length]).toEqual([entity.kind, 1]);
  }
  return entities;
}

const refsOf = ({ spec = {} }: Entity): string[] => ['dependsOn', 'providesApis', 'consumesApis'].flatMap((field) => (spec[field] as string[] | undefined ?? []).map((ref) => (ref.includes(':') ? ref : `api:${ref}`)));

describe('the Backstage catalog', () => {
  test('is what Backstage accepts, and refers to nothing that is not in it', async () => {
    const entities = await accepted(backstage(analysed()));
    const known = new Set(entities.map(({ kind, metadata }) => `${kind.toLowerCase()}:${metadata.name}`));
    expect(entities.flatMap(refsOf).filter((ref) => !known.has(ref))).toEqual([]);
    expect(entities.filter(({ kind }) => kind === 'Component').map(({ metadata }) => metadata.name).sort()).toEqual(['catalog', 'customers', 'orders', 'stock']);
    expect(entities.filter(({ kind }) => kind === 'Resource').map(({ metadata }) => metadata.name).sort()).toEqual(['addresses', 'authors', 'books', 'customers', 'order_lines', 'orders', 'shelves']);
  });

  test('is so whatever the source is called, and keeps the name as a title', async () => {
    await fc.assert(fc.asyncProperty(hostileName, async (name) => {
      const entities = await accepted(backstage(renamedCatalog(name)));
      expect(new Set(entities.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).size).toBe(entities.length);
      expect(entities.filter(({ kind }) => kind === 'Component').map(({ metadata }) => metadata.title)).toContain(name.toWellFormed());
    }), { numRuns: 25 });
  });

  test('describes a context\'s endpoints as an OpenAPI document', async () => {
    const api = (await accepted(backstage(analysed()))).find(({ kind, metadata }) => kind === 'API' && metadata.name === 'orders-api');
    const definition = JSON.parse(api?.spec?.['definition'] as string) as { paths: Record<string, Record<string, { parameters?: { name: string }[] }>> };
    expect(Object.keys(definition.paths).sort()).toEqual(['/orders', '/orders/{id}']);
    expect(definition.paths['/orders/{id}']?.['get']?.parameters?.map(({ name }) => name)).toEqual(['id']);
  });
});
