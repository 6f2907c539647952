/* Makes part of the page match a fresh one from the server. Whatever is the same stays untouched:
   focus, open menus, the scroll position. */
(function () {
  "use strict";
  const portal = window.portal = window.portal || {};

  /* What identifies a node wherever it is: its id, or the page that a list item links to. */
  function keyOf(node) {
    if (node.id) return node.id;
    const link = node.nodeName === "LI" && node.querySelector("a[href]");
    return link ? link.getAttribute("href") : "";
  }

  function renew(old, fresh) {
    if (old.nodeName !== fresh.nodeName) old.replaceWith(fresh);
    else if (old.nodeType !== Node.ELEMENT_NODE) renewText(old, fresh);
    else if (!old.isEqualNode(fresh)) {
      renewAttributes(old, fresh);
      renewChildren(old, fresh);
    }
  }

  function renewText(old, fresh) {
    if (old.data !== fresh.data) old.data = fresh.data;
  }

  function renewAttributes(old, fresh) {
    for (const { name } of [...old.attributes]) {
      const isOpenMenu = name === "open" && old.nodeName === "DETAILS";
      if (!fresh.hasAttribute(name) && !isOpenMenu) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  }

  function renewChildren(old, fresh) {
    const known = groupByKey(old.childNodes);
    let at = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const same = findSame(child, at, known);
      if (same && same === at) at = at.nextSibling;
      else old.insertBefore(same || child, at);
      if (same) renew(same, child);
    }
    removeFrom(at);
  }

  function groupByKey(nodes) {
    const known = {};
    for (const node of nodes) {
      if (keyOf(node)) known[keyOf(node)] = node;
    }
    return known;
  }

  function findSame(child, at, known) {
    const key = keyOf(child);
    if (key) return known[key];
    return at && !keyOf(at) && at.nodeName === child.nodeName ? at : null;
  }

  /* Removes a node and everything after it. */
  function removeFrom(first) {
    let at = first;
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  portal.keyOf = keyOf;
  portal.groupByKey = groupByKey;
  portal.renew = renew;
  portal.renewChildren = renewChildren;
})();
