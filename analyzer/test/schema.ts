import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';

/** What ajv has against a value: `/runs/0/results/3 must have required property 'message'`. */
export const complaints = (validate: ValidateFunction, value: unknown): string[] => (validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`));

/** The published schema of the JSON report. */
export const analysisSchema = (): ValidateFunction => new Ajv2020({ allErrors: true }).compile(read(new URL('../schema/analysis.v1.schema.json', import.meta.url)));

/** OASIS's schema of SARIF 2.1.0, from a package that carries it. It is of an older draft, in which it uses nothing that a newer one reads otherwise. */
export function sarifSchema(): ValidateFunction {
  const schema = read(createRequire(import.meta.url).resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'));
  const rules = Object.fromEntries(Object.entries(schema).filter(([name]) => name !== '$schema' && name !== 'id'));
  return new Ajv({ allErrors: true, strict: false, validateFormats: false, unicodeRegExp: false }).compile(rules);
}

const read = (file: string | URL): Record<string, unknown> => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
