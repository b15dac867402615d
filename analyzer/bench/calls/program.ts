import { dirname } from 'node:path';
import ts from 'typescript';

const OPTIONS: ts.CompilerOptions = {
  allowJs: true, checkJs: false, noEmit: true, target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, strict: true, skipLibCheck: true,
  experimentalDecorators: true, esModuleInterop: true, allowImportingTsExtensions: true, resolveJsonModule: true, jsx: ts.JsxEmit.Preserve, lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'], types: [],
};

const exists = (path: string): boolean => ts.sys.fileExists(path);
const read = (path: string): string | undefined => ts.sys.readFile(path);

/** Paths and base directory of the tsconfig.json nearest to a file; nothing where there is none. */
const settingsNear = (): ((file: string) => ts.CompilerOptions) => {
  const known = new Map<string, ts.CompilerOptions>();
  return (file) => {
    const directory = dirname(file);
    const found = known.get(directory) ?? settingsIn(directory);
    known.set(directory, found);
    return found;
  };
};

const settingsIn = (directory: string): ts.CompilerOptions => {
  const path = ts.findConfigFile(directory, exists);
  if (path === undefined) return OPTIONS;
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(path, read).config, { ...ts.sys, readDirectory: () => [] }, dirname(path));
  const kept = Object.entries(options).filter(([key, value]) => ['baseUrl', 'paths', 'pathsBasePath'].includes(key) && value !== undefined);
  return { ...OPTIONS, ...Object.fromEntries(kept) as ts.CompilerOptions };
};

/** A program over a system's own files: its packages are not installed and stay unresolved. */
export const programOf = (files: readonly string[]): ts.Program => {
  const settings = settingsNear();
  const host = ts.createCompilerHost(OPTIONS);
  host.resolveModuleNameLiterals = (literals, containing) => literals.map(({ text }) => ts.resolveModuleName(text, containing, settings(containing), host));
  host.getDefaultLibLocation = () => dirname(new URL(import.meta.resolve('typescript')).pathname);
  return ts.createProgram({ rootNames: [...files], options: OPTIONS, host });
};
