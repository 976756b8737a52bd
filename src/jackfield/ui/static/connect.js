/**
 * The older way of opening the Hub: Connect.start({ sessionToken, onSuccess, onCancel, onClose }).
 * It opens over the page, or inside an element of it that `styles.inline.containerId` names.
 */
(() => {
  const base = new URL(".", document.currentScript.src);
  const NAME = "connect-hub";

  function start(options) {
    const { sessionToken, apiUrl, styles = {}, onSuccess, onCancel, onClose } = options;
    const hub = document.createElement(NAME);
    hub.setAttribute("token", sessionToken ?? "");
    hub.setAttribute("base-url", apiUrl ?? base.href);
    const inline = styles.inline && document.getElementById(styles.inline.containerId);
    const place = inline ? inContainer(hub, inline, styles.inline) : overPage(hub, styles.options);
    let linked = false;

    function end() {
      if (!place.isConnected) return;
      place.remove();
      if (!linked) onCancel?.();
      onClose?.();
    }

    hub.addEventListener("success", ({ detail }) => {
      linked = true;
      onSuccess?.({ id: detail.id, provider: detail.provider });
    });
    hub.addEventListener("close", end);
    place.addEventListener("cancel", end);
    place.querySelector("button")?.addEventListener("click", end);
    import(new URL(`hub.js?as=${NAME}`, apiUrl ? `${apiUrl.replace(/\/+$/, "")}/` : base));
    return { close: end };
  }

  function inContainer(hub, container, { width, height }) {
    if (width) hub.style.inlineSize = width;
    if (height) hub.setAttribute("height", height);
    container.append(hub);
    return hub;
  }

  function overPage(hub, { close = true, bgColor } = {}) {
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", "Connect an account");
    Object.assign(dialog.style, {
      inlineSize: "min(60rem, 96vw)",
      maxBlockSize: "92vh",
      padding: "0",
      border: "0",
      borderRadius: "0.75rem",
    });
    if (bgColor) dialog.style.background = bgColor;
    if (close) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "×";
      button.setAttribute("aria-label", "Close");
      Object.assign(button.style, {
        position: "absolute",
        insetBlockStart: "0.5rem",
        insetInlineEnd: "0.5rem",
        inlineSize: "2.75rem",
        blockSize: "2.75rem",
        border: "0",
        background: "none",
        font: "1.5rem/1 system-ui, sans-serif",
        cursor: "pointer",
      });
      dialog.append(button);
    }
    dialog.append(hub);
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
  }

  window.Connect = { start };
})();
