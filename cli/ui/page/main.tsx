import { render } from 'preact';
import { App } from './app.js';

const place = document.getElementById('page');
if (!place) throw new Error('the page has no place for the dashboard');
render(<App />, place);
