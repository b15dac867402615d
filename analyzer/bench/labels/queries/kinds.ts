/** Where labelled queries come from, and what a line must look like to be a candidate: written without regard to what the analyzer can read. */
export interface DrawKind {
  readonly kind: string;
  /** What may be a query of this kind, anywhere in a file. It is meant to catch too much: what is no query is labelled so, and counts. */
  readonly pattern: RegExp;
  /** Sample → `system:folder` and how many sites to draw there. */
  readonly first: Readonly<Record<string, number>>;
  readonly second: Readonly<Record<string, number>>;
  readonly third?: Readonly<Record<string, number>>;
}

const METHODS = {
  prisma: 'findMany|findUnique|findFirst|findUniqueOrThrow|findFirstOrThrow|create|createMany|createManyAndReturn|update|updateMany|upsert|delete|deleteMany|count|aggregate|groupBy',
  typeorm: 'find|findOne|findOneBy|findOneOrFail|findOneByOrFail|findBy|findAndCount|findByIds|save|insert|update|upsert|delete|remove|softDelete|softRemove|restore|count|countBy|exist|exists|existsBy|createQueryBuilder|increment|decrement|query',
  sequelize: 'findAll|findOne|findByPk|findAndCountAll|findOrCreate|findOrBuild|create|bulkCreate|update|destroy|count|upsert|save|increment|decrement|restore|max|min|sum|truncate|findAllInBatches',
  mongoose: 'find|findOne|findById|findOneAndUpdate|findOneAndDelete|findByIdAndUpdate|updateOne|updateMany|deleteOne|deleteMany|insertMany|aggregate|countDocuments|bulkWrite|create|count|exists|distinct',
};

export const KINDS: readonly DrawKind[] = [
  {
    kind: 'knex', pattern: /\b(?:knex|db|trx|tx|transaction|conn|query)\s*(?:<[^>()]*>)?\(\s*[`'"\w]|\.(?:from|into|table)\(\s*[`'"\w]/g,
    first: { 'unleash:src/lib': 42, 'kutt:server': 22 }, second: { 'wiki:server': 16, 'bigcapital:packages/server/src': 12, 'gauzy:packages': 8, 'unleash:src/lib': 24 }, third: { 'botpress:packages/bp/src': 18, 'botpress:modules': 6, 'teable:apps/nestjs-backend/src': 8 },
  },
  {
    kind: 'prisma', pattern: new RegExp(String.raw`\.\s*\w+\s*\.\s*(?:${METHODS.prisma})\s*\(`, 'g'),
    first: { 'amplication:packages/amplication-server/src': 20, 'documenso:packages': 26, 'ghostfolio:apps/api/src': 18 }, second: { 'hoppscotch:packages/hoppscotch-backend/src': 28, 'formbricks:apps/web': 32 }, third: { 'langfuse:packages/shared/src': 6, 'langfuse:web/src': 10, 'postiz:libraries': 10, 'teable:apps/nestjs-backend/src': 8 },
  },
  {
    kind: 'typeorm', pattern: new RegExp(String.raw`(?:repo|repository|manager|connection|dataSource|runner|\))\w*(?:\([^()]*\))?[?!]?\s*\.\s*(?:${METHODS.typeorm})\s*\(|createQueryBuilder\(`, 'gi'),
    first: { 'immich:server/src': 18, 'standardnotes:packages': 22, 'flowise:packages/server/src': 18, 'overseerr:server': 16 }, second: { 'vendure:packages/core/src': 28, 'gauzy:packages': 20, 'hexabot:packages/api/src': 12 }, third: { 'spacebar:src': 8 },
  },
  {
    kind: 'typeorm', pattern: new RegExp(String.raw`\b[A-Z]\w*\s*\.\s*(?:${METHODS.typeorm})\s*\(`, 'g'),
    first: {}, second: {}, third: { 'spacebar:src': 22 },
  },
  {
    kind: 'sequelize', pattern: new RegExp(String.raw`[\w)\]]\s*\.\s*(?:${METHODS.sequelize})\s*(?:<[^>()]*>)?\(`, 'g'),
    first: { 'audiobookshelf:server': 52, 'codimd:lib': 20 }, second: { 'outline:server': 60 }, third: { 'opencollective:server': 26 },
  },
  {
    kind: 'raw', pattern: /[`'"]\s*(?:WITH\s+\w+\s+AS|SELECT\s[^;]{0,600}?\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s)/gi,
    first: { 'unleash:src/lib': 26, 'immich:server/src': 12, 'audiobookshelf:server': 18, 'medusa:packages': 10 },
    second: { 'outline:server': 18, 'gauzy:packages': 18, 'formbricks:': 10, 'overseerr:server': 6, 'wiki:server': 6, 'hexabot:packages/api/src': 4 }, third: { 'langfuse:packages/shared/src': 4, 'langfuse:web/src': 4, 'langfuse:worker/src': 3, 'opencollective:server': 12, 'teable:apps/nestjs-backend/src': 4 },
  },
  { kind: 'objection', pattern: /\.\s*query\s*\(|\.\s*\$?relatedQuery\s*\(/g, first: { 'bigcapital:packages/server/src': 22 }, second: { 'wiki:server': 20 } },
  { kind: 'mongoose', pattern: new RegExp(String.raw`(?:MongooseModel|Model|Repository)\s*\.\s*(?:${METHODS.mongoose})\s*\(`, 'g'), first: { 'novu:libs/dal/src': 8, 'novu:apps/api/src': 10 }, second: { 'novu:apps/worker/src': 6, 'novu:libs/application-generic/src': 6 } },
  { kind: 'slonik', pattern: /\bsql(?:\.\w+\([^)]*\)|\.unsafe|\.fragment)?(?:<[^>]*>)?`/g, first: { 'logto:packages/core/src': 20 }, second: { 'central:lib': 20 } },
];
