/// For SQLite's memory too: it takes the place of the C library's allocator (`docs/decisions/0008-allocator.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    server::cli::main()
}
