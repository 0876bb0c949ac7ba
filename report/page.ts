import { html, type SafeHtml, trusted } from './html.js';
import { stylesheet } from './style.js';

/** Nothing is fetched and nothing runs, whatever the texts in the page hold. */
const contentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";

/** One self-contained HTML page: no network, no script, light and dark. */
export function page(title: string, content: SafeHtml): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}">
<title>${title}</title>
<style>${trusted(stylesheet)}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`.toString();
}
