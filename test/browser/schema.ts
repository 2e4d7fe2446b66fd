/** A completed schema of one table, as the page is given it. */
export const TODO_SDL = `
directive @table(name: String) on OBJECT

type Todo @table(name: "Todos") {
  id: ID!
  title: String!
  memo: String
  priority: Int
  completed: Boolean
}

enum ChangeKind { ENTER UPDATE LEAVE }

type TodoChange {
  kind: ChangeKind!
  item: Todo
  previous: Todo
  updatedFields: [String!]
  eventId: ID!
  at: String!
}

input TableStringFilterInput { eq: String beginsWith: String }
input TableBooleanFilterInput { eq: Boolean }
input TableTodoFilterInput { title: TableStringFilterInput completed: TableBooleanFilterInput }

type Query { getTodo(id: ID!): Todo }

type Subscription {
  onCreateTodo(id: ID, title: String, filter: TableTodoFilterInput): Todo
  onDeleteTodo(id: ID, title: String, filter: TableTodoFilterInput): Todo
  onChangeTodo(filter: TableTodoFilterInput): TodoChange
}
`;
