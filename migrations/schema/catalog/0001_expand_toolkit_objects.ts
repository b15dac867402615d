export { createToolkitObjects as up, dropToolkitObjects as down } from '../toolkit-objects.ts';
