import { openSocket } from './socket.js';
import { showChat, showMessage, showProblem, showState, showUsers } from './view.js';

const USER_ID = 'query ($username: String!) { userId(username: $username) }';
const CREATE_USER = `mutation ($username: String!) {
  createUser(username: $username) { success errors user { userId } }
}`;
const USERS = `query ($nextToken: String) {
  listUsers(limit: 1000, nextToken: $nextToken) { items { username userId } nextToken }
}`;
const NEW_USERS = 'subscription { onCreateUser { username userId } }';
const HISTORY = `query ($userId: String!) {
  messages(userId: $userId) { success errors messages { id content senderId recipientId } }
}`;
const NEW_MESSAGES = `subscription ($userId: String) {
  messages(userId: $userId) { id content senderId recipientId }
}`;
const CREATE_MESSAGE = `mutation ($senderId: String, $recipientId: String, $content: String) {
  createMessage(senderId: $senderId, recipientId: $recipientId, content: $content) {
    success errors message { id content senderId recipientId }
  }
}`;

const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;
const joinForm = document.getElementById('join');
const sendForm = document.getElementById('send');

/** The key is this window's alone, and gone with it. */
const KEY = 'chat-api-key';
joinForm.elements.key.value = sessionStorage.getItem(KEY) ?? meta(KEY);
/** Who it is stands in the address, so that a reload goes on as the same user. */
joinForm.elements.name.value = new URLSearchParams(location.search).get('as') ?? '';

joinForm.addEventListener('submit', (event) => {
  event.preventDefault();
  void join();
});
if (joinForm.elements.name.value !== '' && joinForm.elements.key.value !== '') void join();

async function join() {
  const username = joinForm.elements.name.value.trim();
  const key = joinForm.elements.key.value;
  const button = joinForm.querySelector('button');
  showProblem('join', '');
  button.disabled = true;
  const socket = openSocket({ url: meta('chat-websocket'), key, onState: showState });
  try {
    const userId = await userOf(username, socket);
    sessionStorage.setItem(KEY, key);
    history.replaceState(null, '', `?${new URLSearchParams({ as: username })}`);
    showChat({ username, userId });
    begin(userId, socket);
  } catch (error) {
    socket.close();
    showProblem('join', error.message);
  }
  button.disabled = false;
}

/** Id of the user of this name, who is created if there is none. */
async function userOf(username, socket) {
  const { userId } = await socket.ask(USER_ID, { username });
  if (userId !== null) return userId;
  const { createUser } = await socket.ask(CREATE_USER, { username });
  if (!createUser.success) throw new Error(createUser.errors.join(', '));
  return createUser.user.userId;
}

function begin(me, socket) {
  const onError = (error) => showProblem('send', error.message);
  socket.follow(
    NEW_USERS,
    {},
    {
      onLive: () => void loadUsers(me, socket).catch(onError),
      onData: ({ onCreateUser }) => showUsers([onCreateUser], me),
      onError,
    },
  );
  socket.follow(
    NEW_MESSAGES,
    { userId: me },
    {
      onLive: () => void loadMessages(me, socket).catch(onError),
      onData: ({ messages }) => showMessage(messages, me),
      onError,
    },
  );
  sendForm.addEventListener('submit', (event) => {
    event.preventDefault();
    void send(me, socket).catch(onError);
  });
}

async function loadUsers(me, socket) {
  let nextToken = null;
  do {
    const { listUsers } = await socket.ask(USERS, { nextToken });
    showUsers(listUsers.items, me);
    nextToken = listUsers.nextToken;
  } while (nextToken !== null);
}

async function loadMessages(me, socket) {
  const { messages } = await socket.ask(HISTORY, { userId: me });
  if (!messages.success) throw new Error(messages.errors.join(', '));
  for (const message of messages.messages) showMessage(message, me);
}

async function send(me, socket) {
  const { recipient, content } = sendForm.elements;
  showProblem('send', '');
  const variables = { senderId: me, recipientId: recipient.value, content: content.value };
  const { createMessage } = await socket.ask(CREATE_MESSAGE, variables);
  if (!createMessage.success) throw new Error(createMessage.errors.join(', '));
  // The table tells the recipient; nobody else is told what the sender knows already.
  showMessage(createMessage.message, me);
  content.value = '';
  content.focus();
}
