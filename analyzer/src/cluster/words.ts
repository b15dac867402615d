/** Words that name a role in the program, not the business: they would tie every service to every other service. */
const ROLES = new Set(('a an and api app application base class client common config configuration const constant constants container context controller controllers core create data db decorator default '
  + 'delete dto enum entity entities error errors event events exception factory field fields find function get guard handler handlers helper helpers http id impl index info input interface interfaces '
  + 'internal io is item items js json key lib list main manager map mapper method middleware mock model models module modules name new object of on option options or output param params payload '
  + 'processor prop props provider query read record remove repo repository repositories request res resolver resource response result results route router routes row rows save schema schemas server service '
  + 'services set shared spec src store stores string test tests to ts type types update use util utils validate validation validator value values view web where with worker write by for from in the all add').split(' '));

/** `OrderItemsService` → order, item; camelCase, snake_case, digits and plurals undone, role words left out. */
export function words(text: string): string[] {
  return text.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2').toLowerCase().split(/[^a-z]+/)
    .filter((word) => word.length > 1 && !ROLES.has(word)).map(singular).filter((word) => !ROLES.has(word));
}

/** `features/orders/order-store.ts` → `order-store`: what the author called the file, without folders and roles like `.service`. */
export const stem = (path: string): string => (path.split('/').at(-1) ?? '').replace(/\.[^.]+$/, '').replace(/\.(service|controller|entity|repository|module|dto|resolver|model|interface|types?|router?s?|schema)$/, '');

export function singular(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (/(?:ss|us|is|news)$/.test(word) || word.length < 4) return word;
  if (/(?:ches|shes|xes|sses|zes)$/.test(word)) return word.slice(0, -2);
  return word.endsWith('s') ? word.slice(0, -1) : word;
}
