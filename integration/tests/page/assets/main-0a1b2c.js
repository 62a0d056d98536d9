document.body.textContent = "Hello, page!";
