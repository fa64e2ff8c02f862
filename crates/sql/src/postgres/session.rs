use crate::*;
pub(crate) struct Session<'t>(&'t ());
impl Session<'_> {
    pub(crate) fn defer(&mut self, _s: &'static Statement, _p: &[Value<'_>]) -> Result<(), Fault> {
        Err(Fault::Aborted)
    }
    pub(crate) fn query(
        &mut self,
        _s: &'static Statement,
        _p: &[Value<'_>],
        _max: usize,
        _e: &mut dyn FnMut(&Row<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        Err(Fault::Aborted)
    }
}
