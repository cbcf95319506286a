export { renderHtml } from './html.js';
export { renderJson } from './json.js';
export { renderTerminal } from './terminal.js';
export type { TerminalOptions } from './terminal-style.js';
