import fc from 'fast-check';
import t from 'tap';
import { AnswerTooLargeError, PagerDutyUnreachableError } from '../../src/pagerduty/errors.js';
import { collectPages, readShortEnough } from '../../src/pagerduty/listing.js';

/** A page of which all was read. */
function page<T>(items: readonly T[], more: boolean) {
  return { items, received: items.length, setAside: [], more };
}

interface Item {
  readonly id: string;
  readonly copy: number;
}

/** A reader that never comes to its end fails instead of hanging. */
function refuseMoreThan(most: number, calls: number): void {
  if (calls > most) throw new RangeError(`expected at most ${most} pages to be asked for`);
}

/** Serves the pages given, one after another, and notes what was asked. */
function pages(contents: ReadonlyArray<readonly string[]>, endless = false) {
  const asked: { offset: number; limit: number }[] = [];
  const fetch = async (offset: number, limit: number) => {
    const ids = contents[asked.length] ?? [];
    asked.push({ offset, limit });
    refuseMoreThan(20, asked.length);
    const items: Item[] = ids.map((id) => ({ id, copy: asked.length }));
    return page(items, endless || asked.length < contents.length);
  };
  return { fetch, asked };
}

t.test('a listing is read to its end, going on by what was received', async (t) => {
  const { fetch, asked } = pages([['a', 'b', 'c'], ['d'], ['e', 'f']]);
  const { items, complete } = await collectPages({ fetch, pageSize: 3 });
  t.strictSame(
    items.map(({ id }) => id),
    ['a', 'b', 'c', 'd', 'e', 'f'],
  );
  t.ok(complete);
  t.strictSame(asked, [
    { offset: 0, limit: 3 },
    { offset: 3, limit: 3 },
    { offset: 4, limit: 3 },
  ]);
});

t.test('pages are of 100 items unless another size is asked for', async (t) => {
  const { fetch, asked } = pages([]);
  t.strictSame(await collectPages({ fetch }), { items: [], complete: true, setAside: [] });
  t.strictSame(asked, [{ offset: 0, limit: 100 }]);
});

t.test('an empty page is passed over while the listing has more', async (t) => {
  const { fetch, asked } = pages([['a'], [], [], ['b']]);
  t.match(await collectPages({ fetch, pageSize: 10 }), { items: [{ id: 'a' }, { id: 'b' }], complete: true });
  t.strictSame(
    asked.map(({ offset }) => offset),
    [0, 1, 11, 21],
    'the offset moves on by what was asked for',
  );
});

t.test('a listing that says again and again that it has more, and gives nothing, has no more', async (t) => {
  const { fetch, asked } = pages([['a'], [], [], ['b'], [], [], [], ['never asked for']], true);
  t.match(await collectPages({ fetch }), { items: [{ id: 'a' }, { id: 'b' }], complete: true });
  t.equal(asked.length, 7);
});

t.test('what cannot be read counts for the offset, and is handed on', async (t) => {
  const odd = { record: 'incident', id: undefined, field: '/id', isSetAside: true } as const;
  const offsets: number[] = [];
  const fetch = async (offset: number) => {
    offsets.push(offset);
    return { items: [{ id: `${offset}` }], received: 3, setAside: [odd, odd], more: offset < 3 };
  };
  t.strictSame(await collectPages({ fetch, pageSize: 3 }), {
    items: [{ id: '0' }, { id: '3' }],
    complete: true,
    setAside: [odd, odd, odd, odd],
  });
  t.strictSame(offsets, [0, 3]);
});

t.test('a listing that is longer than wanted is cut off, and says so', async (t) => {
  const { fetch, asked } = pages([['a', 'b'], ['c', 'd'], ['e']]);
  const cut = await collectPages({ fetch, pageSize: 2, maxItems: 3 });
  t.match(cut, { items: [{ id: 'a' }, { id: 'b' }, { id: 'c' }], complete: false });
  t.strictSame(asked, [
    { offset: 0, limit: 2 },
    { offset: 2, limit: 1 },
  ]);
  const exact = pages([['a', 'b'], ['c']]);
  t.match(await collectPages({ fetch: exact.fetch, pageSize: 2, maxItems: 3 }), { complete: true });
});

t.test('nothing is asked for beyond what PagerDuty lets anyone page to', async (t) => {
  const hundred = Array.from({ length: 100 }, (_, i) => `${i}`);
  const asked: number[] = [];
  const fetch = async (offset: number, limit: number) => {
    asked.push(offset + limit);
    refuseMoreThan(200, asked.length);
    return page(
      hundred.slice(0, limit).map((id) => ({ id: `${offset} ${id}` })),
      true,
    );
  };
  const { items, complete } = await collectPages({ fetch, pageSize: 99, maxItems: 50_000 });
  t.equal(items.length, 10_000);
  t.notOk(complete);
  t.equal(Math.max(...asked), 10_000);
});

t.test('each id comes once, as it was listed first, whatever the pages are', async (t) => {
  const someIds = fc.array(fc.constantFrom(...'abcdefghijkl'), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(someIds, { maxLength: 8 }),
      fc.integer({ min: 1, max: 100 }),
      async (contents, pageSize) => {
        const { fetch, asked } = pages(contents);
        const { items, complete } = await collectPages<Item>({ fetch, pageSize });
        const listed = contents.flatMap((ids, page) => ids.map((id) => ({ id, copy: page + 1 })));
        const first = [...new Set(listed.map(({ id }) => id))].map((id) => listed.find((item) => item.id === id));
        t.strictSame({ items, complete }, { items: first, complete: true });
        t.equal(asked.length, Math.max(1, contents.length));
      },
    ),
    { numRuns: 50 },
  );
});

t.test('no item is lost while new ones push the listing on', async (t) => {
  const shifts = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 15 }),
      shifts,
      async (size, pageSize, added) => {
        const before = Array.from({ length: size }, (_, i) => `old ${i}`);
        let listing = before;
        let calls = 0;
        const { items } = await collectPages({
          pageSize,
          fetch: async (offset, limit) => {
            const items = listing.slice(offset, offset + limit).map((id) => ({ id }));
            const more = offset + items.length < listing.length;
            const news = Array.from({ length: added[calls] ?? 0 }, (_, i) => `new ${calls} ${i}`);
            calls += 1;
            refuseMoreThan(200, calls);
            // At most as many as were read, or the reader would never come to the end.
            listing = [...news.slice(0, items.length), ...listing];
            return page(items, more);
          },
        });
        const ids = items.map(({ id }) => id);
        t.equal(new Set(ids).size, ids.length);
        t.strictSame(
          before.filter((id) => !ids.includes(id)),
          [],
        );
      },
    ),
    { numRuns: 50 },
  );
});

t.test('a page that is too large is read in shorter ones, and so are those behind it', async (t) => {
  const asked: (readonly [offset: number, limit: number])[] = [];
  const { items, complete } = await collectPages({
    maxItems: 120,
    fetch: async (offset, limit) => {
      asked.push([offset, limit]);
      if (limit > 30) throw new AnswerTooLargeError(8, new Error('too large'));
      return page(
        Array.from({ length: limit }, (_, index) => ({ id: `${offset + index}` })),
        true,
      );
    },
  });
  t.strictSame(
    items.map(({ id }) => id),
    Array.from({ length: 120 }, (_, index) => `${index}`),
  );
  t.notOk(complete);
  const first = [100, 50, 25].map((limit) => [0, limit]);
  t.strictSame(asked, [...first, [25, 25], [50, 25], [75, 25], [100, 20]]);
});

t.test('one item that is too large is an error, and so is any other failure at once', async (t) => {
  const asked: number[] = [];
  const failing = (error: Error) =>
    readShortEnough(5, async (limit) => {
      asked.push(limit);
      throw error;
    });
  await t.rejects(failing(new AnswerTooLargeError(8, undefined)), { message: /expected at most 8 MiB/ });
  t.strictSame(asked.splice(0), [5, 3, 2, 1]);
  await t.rejects(failing(new PagerDutyUnreachableError(new Error('cut'), false)), PagerDutyUnreachableError);
  t.strictSame(asked, [5]);
});
