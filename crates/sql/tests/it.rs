//! Every rule of the lanes, on every engine.

mod it {
    mod command;
    mod fixture;
    mod group;
    mod lock;
    mod migration;
    mod postgres;
    mod process;
    mod read;
    mod sqlite;
    mod value;
}
