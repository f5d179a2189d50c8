import t from 'tap';
import { noteChange, readNoteRequest } from '../../src/opsgenie/alert-event.js';
import { InvalidAlertError } from '../../src/opsgenie/opsgenie-error.js';

const wire = (body: object): unknown => JSON.parse(JSON.stringify(noteChange(readNoteRequest(body), 'disk')));

t.test('every field of a note has its place in the change event', async (t) => {
  t.strictSame(wire({ note: 'Look at the log.', user: 'Ada', source: 'db-1', unknown: 'left out' }), {
    payload: {
      summary: 'Note on disk: Look at the log.',
      source: 'db-1',
      custom_details: { note: 'Look at the log.', user: 'Ada', dedup_key: 'disk' },
    },
  });
  for (const more of [{}, { user: null, source: null }, { user: ' ', source: '' }]) {
    t.strictSame(wire({ note: 'x', ...more }), {
      payload: { summary: 'Note on disk: x', source: 'Opsgenie API', custom_details: { note: 'x', dedup_key: 'disk' } },
    });
  }
});

t.test('a note too long for a summary is whole in the details', async (t) => {
  const note = 'x'.repeat(5_000);
  t.match(wire({ note }), { payload: { summary: /^Note on disk: x{1009}…$/, custom_details: { note } } });
});

t.test('what is wrong with a note is told by the name of its field', async (t) => {
  const complaintsOf = (body: unknown): unknown => {
    try {
      return readNoteRequest(body);
    } catch (error) {
      return error instanceof InvalidAlertError ? error.errors : error;
    }
  };
  for (const body of [{}, { note: null }, { note: ' ' }, { note: 3 }]) {
    t.strictSame(complaintsOf(body), { note: 'should be a text that is not empty' });
  }
  t.strictSame(complaintsOf({ note: 'x', user: 3 }), { user: 'should be a text' });
  t.strictSame(complaintsOf([]), { body: 'should be a JSON object' });
});
