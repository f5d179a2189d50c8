/**
 * What Swagger UI lacks: a viewport, without which a phone shows the page as wide as a desktop's and tiny; the
 * system's dark mode, which it only has beside a top bar that offers to load other definitions; and room on a phone.
 */
export const docsTheme = {
  title: 'PagerDuty connector service: docs',
  js: [
    {
      filename: 'page.js',
      content: `
const viewport = document.createElement('meta');
viewport.name = 'viewport';
viewport.content = 'width=device-width, initial-scale=1';
document.head.append(viewport);

const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();
`,
    },
  ],
  css: [
    {
      filename: 'page.css',
      content: `
/* The addresses of the document made for this page; the one to import is linked in the description. */
.swagger-ui .info .base-url, .swagger-ui .info hgroup.main > a { display: none; }
/* There is one content type, and nothing to choose. */
.swagger-ui .opblock label:has(select.content-type) { display: none; }

@media (max-width: 40rem) {
  .swagger-ui .wrapper { padding: 0 0.5rem; }
  .swagger-ui .info { margin: 1.5rem 0; }
  .swagger-ui .scheme-container { padding: 1rem 0; }
  .swagger-ui .opblock-tag { flex-wrap: wrap; padding: 0.75rem 0.25rem; }
  .swagger-ui .opblock-tag small { order: 1; flex: 1 0 100%; padding: 0; }
  .swagger-ui .opblock-tag .expand-operation { margin-left: auto; }
  .swagger-ui .view-line-link { display: none; }
  .swagger-ui .opblock-description-wrapper, .swagger-ui .table-container, .swagger-ui .execute-wrapper,
  .swagger-ui .responses-inner, .swagger-ui .opblock .opblock-section-header { padding: 0.5rem; }
  .swagger-ui .table-container table thead, .swagger-ui .responses-table > thead { display: none; }
  .swagger-ui table.parameters, .swagger-ui table.parameters :is(tbody, tr, td),
  .swagger-ui .responses-table, .swagger-ui .responses-table > tbody, .swagger-ui .responses-table > tbody > tr,
  .swagger-ui .responses-table > tbody > tr > td { display: block; width: auto; max-width: none; padding: 0.25rem 0; }
  .swagger-ui .response-col_status { font-weight: bold; }
  .swagger-ui .parameters-col_description :is(input, select, textarea) { width: 100%; max-width: none; }
}
`,
    },
  ],
};
