declare module 'madge' {
  interface Result {
    obj: () => Readonly<Record<string, readonly string[]>>;
  }
  export default function madge(path: string, options: Readonly<Record<string, unknown>>): Promise<Result>;
}
