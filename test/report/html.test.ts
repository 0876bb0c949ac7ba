import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html, trusted } from '../../report/html.js';

describe('html', () => {
  it('escapes text, takes markup as it stands, and leaves nothing for nothing', () => {
    const item = html`<li>${'<b> & "c" \'d\''}</li>`;
    expect(html`<ul class="${'"x"'}">${[item, null, undefined, 3, trusted('<hr>')]}</ul>`.toString()).toBe(
      '<ul class="&quot;x&quot;"><li>&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;</li>3<hr></ul>',
    );
  });

  it('never lets text make markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', 'a', '/', 'script') }), (text) => {
        const markup = html`${text}`.toString();
        expect(markup).not.toMatch(/[<>"']/);
        expect(markup.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
      }),
    );
  });
});
