import { createApp } from './app';
createApp().listen(0);
