/* Making a part of the page read like a fresh one from the server. What is the same is left alone: focus, open menus, the place in it. */
(function () {
  "use strict";
  var portal = window.portal = window.portal || {};

  /* What a node is known by, wherever it stands: its id, or the page that an item of a list leads to. */
  function keyOf(node) {
    if (node.id) return node.id;
    var link = node.nodeName === "LI" && node.querySelector("a[href]");
    return link ? link.getAttribute("href") : "";
  }

  function renew(old, fresh) {
    if (old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
    if (old.nodeType !== 1) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return undefined;
    }
    if (old.isEqualNode(fresh)) return undefined;
    [].slice.call(old.attributes).forEach(function (was) {
      if (!fresh.hasAttribute(was.name) && !(was.name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(was.name);
    });
    [].forEach.call(fresh.attributes, function (now) { if (old.getAttribute(now.name) !== now.value) old.setAttribute(now.name, now.value); });
    return renewChildren(old, fresh);
  }

  function renewChildren(old, fresh) {
    var known = {}, at = old.firstChild;
    [].forEach.call(old.childNodes, function (child) { if (keyOf(child)) known[keyOf(child)] = child; });
    [].slice.call(fresh.childNodes).forEach(function (child) {
      var key = keyOf(child), same = key ? known[key] : at && !keyOf(at) && at.nodeName === child.nodeName ? at : null;
      if (same && same === at) at = at.nextSibling;
      else old.insertBefore(same || child, at);
      if (same) renew(same, child);
    });
    while (at) {
      var next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  portal.keyOf = keyOf;
  portal.renew = renew;
  portal.renewChildren = renewChildren;
})();
