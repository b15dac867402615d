import { writeFileSync } from 'node:fs';
import { documentJsonSchema } from '../src/index.ts';

/** Rewrites the published schema after a deliberate change of the report's shape. */
writeFileSync(new URL('../schema/analysis.v1.schema.json', import.meta.url), `${JSON.stringify(documentJsonSchema(), null, 2)}\n`);
