import Type from 'typebox';
import { idField } from '../wire/fields.js';
import { serialize } from '../wire/wire-objects.js';
import { defineOperation } from './operation.js';

export const getUser = defineOperation({
  id: 'GetUser',
  summary: 'Get user by ID',
  description: 'Retrieves a user’s name, e-mail address, role and other information by the user’s id.',
  method: 'GET',
  path: '/users/{userId}',
  input: Type.Object({
    userId: idField({ summary: 'User Id', description: 'The user to retrieve.', lookup: 'ListUsers' }),
  }),
  output: 'User',
  outputDescription: 'The user with this id.',
  run: async ({ userId }, { connection }) => serialize('User', await connection.directory.user(userId)),
});
