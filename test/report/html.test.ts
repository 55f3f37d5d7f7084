import fc from "fast-check";
import { expect, test } from "vitest";
import { html, isolated } from "../../src/report/html.ts";

test("text becomes no markup, between tags or in a quoted attribute", () => {
  const hostile = `</script><img src=x onerror="alert('1')">&amp;`;
  expect(html`<p title="${hostile}">${hostile}</p>`.markup).toBe(
    `<p title="&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;">${"&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;"}</p>`,
  );
});

test("markup stays markup, in lists too, and numbers are text", () => {
  expect(html`<ul>${["a<b", "c"].map((item) => html`<li>${item}</li>`)}</ul>${[1, [2.5, "&"]]}`.markup).toBe(
    "<ul><li>a&lt;b</li><li>c</li></ul>12.5&amp;",
  );
});

test("characters that turn the text's direction or cannot be seen are shown by their number", () => {
  expect(isolated("a\u202egnp.exe\u2066\u200f\u2028\0\u001b[31m\ud800 👩‍👩‍👧 猫").markup).toBe(
    "<bdi>a\\u{202e}gnp.exe\\u{2066}\\u{200f}\\u{2028}\\u{0}\\u{1b}[31m\\u{d800} 👩‍👩‍👧 猫</bdi>",
  );
});

test("any text can be read back from its escaped form, which holds none of the characters that mean something", () => {
  const property = fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
    const { markup } = html`${text}`;
    expect(markup).not.toMatch(/[<>"']|&(?!amp;|lt;|gt;|quot;|#39;)/);
    const entities = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };
    const back = markup.replace(/&(lt|gt|quot|#39|amp);/g, (entity) => entities[entity as keyof typeof entities]);
    expect(back).toBe(text);
  });
  fc.assert(property, { examples: [["&lt;"], ["<script>"]] });
});
