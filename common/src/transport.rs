//! The transport: a thread and a runtime of its own for a worker's connection and all that must not wait for handlers.
//!
//! Pull requests and progress acks go on while handlers block every other thread. What is exported has such a thread, too.

use std::thread;

use tokio::{runtime, sync::oneshot};

/// The thread. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Transport {
    handle: runtime::Handle,
    _stop: oneshot::Sender<()>,
}

impl Transport {
    /// Starts the thread, under this name.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub(crate) fn start(name: &str) -> std::io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let run = move || {
            let _ = runtime.block_on(stopped);
        };
        thread::Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Self { handle, _stop: stop })
    }

    /// Runs a future on the transport and waits for its end.
    pub(crate) async fn run<F>(&self, future: F) -> Option<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future).await.ok()
    }

    /// The runtime of the thread, for tasks that nobody waits for.
    pub(crate) fn handle(&self) -> &runtime::Handle {
        &self.handle
    }
}
