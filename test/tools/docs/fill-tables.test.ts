import t from 'tap';
import { fillTables, renderTable } from '../../../tools/docs/fill-tables.js';

t.test('a table goes between its markers, and nothing else changes', async (t) => {
  const text = 'a\n<!-- one -->\nold\n<!-- /one -->\nb\n<!-- two -->\n<!-- /two -->\n';
  const filled = fillTables(text, { one: '| x |', two: '| y |' });
  t.strictSame(filled, {
    text: 'a\n<!-- one -->\n| x |\n<!-- /one -->\nb\n<!-- two -->\n| y |\n<!-- /two -->\n',
    found: ['one', 'two'],
  });
  t.strictSame(fillTables(filled.text, { one: '| x |', two: '| y |' }), filled, 'a second time changes nothing');
});

t.test('what stands between other markers is left alone', async (t) => {
  for (const name of ['fields', 'constructor']) {
    const text = `<!-- ${name} -->\nby hand\n<!-- /${name} -->\n`;
    t.strictSame(fillTables(text, { one: '| x |' }), { text, found: [] });
  }
});

t.test('a cell with a bar is refused', async (t) => {
  t.equal(renderTable(['a', 'b'], [['1', '']]), '| a | b |\n| --- | --- |\n| 1 |  |');
  t.throws(() => renderTable(['a'], [['1 | 2']]), /without a bar/);
  t.throws(() => renderTable(['a'], [['1\n2']]), /without a bar or a line break/);
});
