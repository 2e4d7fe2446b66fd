/** What the page shows. Text goes in as text: nothing that somebody writes can become markup. */

const at = (id) => document.getElementById(id);

const STATES = {
  connecting: 'Connecting…',
  open: 'Connected',
  waiting: 'Connection lost. Trying again…',
  refused: 'Refused',
};

/** Names of users, by id. */
const names = new Map();
const nameOf = (userId) => names.get(userId) ?? `user ${userId ?? '?'}`;

export function showState(state, reason = '') {
  at('status').dataset.state = state;
  at('status').textContent = reason === '' ? STATES[state] : `${STATES[state]}: ${reason}`;
}

export function showProblem(form, message) {
  at(`${form}-problem`).textContent = message;
}

/** From the form to the chat. */
export function showChat({ username, userId }) {
  document.title = `${username} · Chat`;
  at('me').textContent = `${username} (user ${userId})`;
  at('me').hidden = false;
  at('join').hidden = true;
  at('chat').hidden = false;
  at('content').focus();
}

/** Adds users to those who can be written to, in the order of their ids. */
export function showUsers(users, me) {
  for (const { userId, username } of users) if (userId) names.set(userId, username);
  const select = at('recipient');
  const chosen = select.value;
  const others = [...names.keys()].filter((userId) => userId !== me).sort((a, b) => Number(a) - Number(b));
  const options = others.map((userId) => new Option(`${nameOf(userId)} (user ${userId})`, userId));
  if (options.length === 0) options.push(new Option('nobody else yet', ''));
  select.replaceChildren(...options);
  if (others.includes(chosen)) select.value = chosen;
  for (const element of document.querySelectorAll('[data-user]')) {
    element.textContent = nameOf(element.dataset.user);
  }
}

/** Adds a message in its place; one that is there already stays as it is: a delivery may come twice. */
export function showMessage({ id, content, senderId, recipientId }, me) {
  const list = at('messages');
  const items = [...list.children];
  if (items.some((item) => item.dataset.id === id)) return;
  const item = document.createElement('li');
  item.dataset.id = id;
  const mine = senderId === me;
  item.className = mine ? 'mine' : 'theirs';
  const who = document.createElement('span');
  who.dataset.user = (mine ? recipientId : senderId) ?? '';
  who.textContent = nameOf(who.dataset.user);
  const about = document.createElement('p');
  about.className = 'about';
  about.append(mine ? 'to ' : '', who, timeOf(id));
  const text = document.createElement('p');
  text.className = 'content';
  text.textContent = content ?? '';
  item.append(about, text);
  list.insertBefore(item, items.find((other) => other.dataset.id > id) ?? null);
  at('empty').hidden = true;
  if (item === list.lastElementChild) list.scrollTop = list.scrollHeight;
}

/** Ids begin with the time, unless another program made them. */
function timeOf(id) {
  const time = new Date(id.slice(0, 24));
  if (Number.isNaN(time.getTime())) return '';
  return ` · ${time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`;
}
