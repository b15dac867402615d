import { Controller } from './controller';
export class Shelf extends Controller {
  mount(): void {
    this.get('/shelf', this.show);
    this.route({ method: 'post', path: '/shelf/:id', handler: this.place });
  }
  show(): void {}
  place = (): void => {};
}
