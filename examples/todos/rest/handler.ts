import { randomUUID } from 'node:crypto';
import { DynamoDBClient, DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { type TodoTable, todoTable } from './table.ts';
import { type Item, readChange, readNew, todoOf } from './todo.ts';

/** DynamoDB Local where an endpoint is set, AWS itself where none is. */
const endpoint = process.env['DYNAMODB_ENDPOINT'] || undefined;
const client = new DynamoDBClient(endpoint === undefined ? {} : { endpoint });
const table = todoTable(client, process.env['TODOS_TABLE'] || 'Todos');

type Answer = APIGatewayProxyStructuredResultV2;

/** `/todos` of the HTTP API: to-dos over REST. Every answer is JSON; a refusal is `{"message": "…"}`. */
export async function handler(event: APIGatewayProxyEventV2): Promise<Answer> {
  try {
    return await route(event, table);
  } catch (error) {
    // An id or an item that is larger than it stores. What is no fault of the client's is a 500, logged.
    if (error instanceof DynamoDBServiceException && error.name === 'ValidationException') {
      return problem(400, 'DynamoDB does not take such an id or such values.');
    }
    throw error;
  }
}

async function route(event: APIGatewayProxyEventV2, todos: TodoTable): Promise<Answer> {
  const id = event.pathParameters?.['id'] ?? '';
  switch (event.routeKey) {
    case 'GET /todos':
      return json(200, (await todos.list()).map(todoOf));
    case 'POST /todos': {
      const reading = readNew(bodyOf(event));
      if (!reading.ok) return problem(400, reading.message);
      return json(201, todoOf(await todos.create(randomUUID(), reading.fields)));
    }
    case 'GET /todos/{id}':
      return found(await todos.get(id));
    case 'PUT /todos/{id}':
    case 'PATCH /todos/{id}': {
      const reading = readChange(bodyOf(event));
      if (!reading.ok) return problem(400, reading.message);
      return found(await todos.update(id, reading.fields));
    }
    case 'DELETE /todos/{id}':
      return found(await todos.delete(id));
    default:
      return problem(404, 'There is nothing here.');
  }
}

function found(item: Item | undefined): Answer {
  return item ? json(200, todoOf(item)) : problem(404, 'There is no to-do of this id.');
}

function problem(statusCode: number, message: string): Answer {
  return json(statusCode, { message });
}

function json(statusCode: number, value: unknown): Answer {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  return { statusCode, headers, body: JSON.stringify(value) };
}

function bodyOf({ body, isBase64Encoded }: APIGatewayProxyEventV2): string | undefined {
  return isBase64Encoded && body !== undefined ? Buffer.from(body, 'base64').toString('utf8') : body;
}
