import { StranglerError, type Setting, type Stage, type StickyBy } from '@strangler/kernel';

/** What a short notation leaves out. */
export interface StageDefaults {
  readonly sample: number;
  readonly stickyBy: StickyBy;
  readonly sandbox?: Setting;
}

/**
 * Reads `monolith`, `shadow`, `shadow:0.2` (sample, 0 to 1), `canary:5` (percent), `service`, `retired`.
 * @throws StranglerError STR_BAD_STAGE.
 */
export function parseStage(text: string, { sample, stickyBy, sandbox }: StageDefaults): Stage {
  const [name = '', value, ...more] = text.split(':');
  const amount = value === undefined || value.trim() === '' ? undefined : Number(value);
  if (more.length > 0 || (amount !== undefined && !Number.isFinite(amount))) throw badStage(text);
  if ((name === 'monolith' || name === 'service' || name === 'retired') && value === undefined) return name;
  if (name === 'shadow' && (value === undefined || (amount !== undefined && amount > 0 && amount <= 1))) return { shadow: { sample: amount ?? sample, ...(sandbox === undefined ? {} : { sandbox }) } };
  if (name === 'canary' && amount !== undefined && amount > 0 && amount <= 100) return { canary: { percent: amount, stickyBy } };
  throw badStage(text);
}

/** The notation of a stage: what `parseStage` reads back. */
export function stageNotation(stage: Stage): string {
  if (typeof stage === 'string') return stage;
  return 'shadow' in stage ? `shadow:${String(stage.shadow.sample)}` : `canary:${String(stage.canary.percent)}`;
}

const badStage = (text: string): StranglerError => new StranglerError({
  code: 'STR_BAD_STAGE', message: `'${text}' is no stage.`, remedy: 'One of monolith, shadow, shadow:0.2, canary:5, service, retired.',
});
