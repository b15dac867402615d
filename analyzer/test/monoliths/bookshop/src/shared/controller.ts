import type { Express } from 'express';
export class Controller {
  private readonly app: Express;
  constructor(app: Express) { this.app = app; }
  get(path: string, handler: () => void): void { this.route({ method: 'get', path, handler: handler.bind(this) }); }
  route(options: { method: 'get' | 'post'; path: string; handler: () => void }): void { this.app[options.method](options.path, options.handler); }
}
