import type { ModulePath } from '../model/evidence.ts';
import type { Module, SystemModel } from '../model/graph.ts';

/** Modules that make up the program and therefore belong to a context: its source and its types. Tests, migrations, generated files and tool configs do not. */
export const isProgram = ({ kind }: Module): boolean => kind === 'source' || kind === 'declaration';

export const programModules = (model: SystemModel): ModulePath[] => model.modules.filter(isProgram).map(({ path }) => path);
