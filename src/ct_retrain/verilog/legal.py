"""Allow-lists of a design: syntax kinds, system functions, and the macros that it may not test for."""

import re

from pyslang.syntax import SyntaxKind

CALLS = frozenset(
    {
        *(
            "$signed",
            "$unsigned",
            "$clog2",
            "$bits",
            "$size",
            "$high",
            "$low",
            "$left",
            "$right",
            "$increment",
        ),
        *(
            "$dimensions",
            "$unpacked_dimensions",
            "$countones",
            "$onehot",
            "$onehot0",
        ),
        *("$rtoi", "$itor", "$pow", "$ceil", "$floor", "$sqrt", "$ln", "$log10", "$exp", "$hypot"),
        *("$sin", "$cos", "$tan", "$asin", "$acos", "$atan", "$atan2"),
        *("$sinh", "$cosh", "$tanh", "$asinh", "$acosh", "$atanh"),
    }
)
"""System functions that depend on their arguments only. They do not print, stop, read files, draw from a
shared random stream, or ask whether a bit is unknown (which only a simulator can answer).
"""

DETECTORS = frozenset({"__ICARUS__", "__VAMS_ENABLE__", "IVERILOG", "ICARUS"})
"""Macros of the judging simulator: a design that tests for one would be a different design elsewhere.

Macros of other simulators (`VERILATOR`, `XCELIUM`, `VCS`) are never defined, under Verilator neither, so code
behind them is not part of what is judged.
"""

HIDES_FROM_SYNTHESIS = re.compile(r"\btranslate_o(?:n|ff)\b|\bsynthesis\s+o(?:n|ff)\b", re.IGNORECASE)
"""Orders to synthesis tools to skip code, in comments and attributes; no two tools know all forms."""

_MEMBERS = """
CompilationUnit ModuleDeclaration PackageDeclaration ModuleHeader PackageHeader PackageImportDeclaration
PackageImportItem PackageExportDeclaration AnsiPortList NonAnsiPortList WildcardPortList ImplicitAnsiPort
ExplicitAnsiPort ImplicitNonAnsiPort ExplicitNonAnsiPort EmptyNonAnsiPort PortReference PortConcatenation
PortDeclaration VariablePortHeader NetPortHeader ParameterPortList ParameterDeclaration ParameterDeclarationStatement
TypeParameterDeclaration TypeAssignment LocalVariableDeclaration DataDeclaration NetDeclaration GenvarDeclaration
TypedefDeclaration ForwardTypedefDeclaration ContinuousAssign AlwaysBlock AlwaysCombBlock AlwaysFFBlock AlwaysLatchBlock
InitialBlock GenerateRegion GenerateBlock IfGenerate LoopGenerate CaseGenerate EmptyMember HierarchyInstantiation
HierarchicalInstance InstanceName ParameterValueAssignment NamedParamAssignment OrderedParamAssignment
NamedPortConnection OrderedPortConnection EmptyPortConnection WildcardPortConnection PrimitiveInstantiation
FunctionDeclaration TaskDeclaration FunctionPrototype FunctionPort
FunctionPortList DefaultFunctionPort NetAlias TimeUnitsDeclaration DefParam DefParamAssignment
InterfaceDeclaration InterfaceHeader InterfacePortHeader ModportDeclaration ModportItem ModportNamedPort
ModportSimplePortList
AttributeInstance AttributeSpec
"""
_STATEMENTS = """
SequentialBlockStatement NamedBlockClause NamedLabel ExpressionStatement VoidCastedCallStatement EmptyStatement
ConditionalStatement ConditionalPredicate ConditionalPattern ElseClause CaseStatement StandardCaseItem PatternCaseItem
DefaultCaseItem StandardRsCaseItem DefaultRsCaseItem ForLoopStatement ForVariableDeclaration LoopStatement
DoWhileStatement ForeachLoopStatement ForeachLoopList RepeatLoopStatement ReturnStatement JumpStatement
TimingControlStatement DisableStatement ImmediateAssertStatement ImmediateAssumeStatement ActionBlock BlockStatement
"""
_TIMING = """
EventControl EventControlWithExpression ImplicitEventControl SignalEventExpression ParenthesizedEventExpression
BinaryEventExpression IffEventClause DelayControl Delay3 TimingControlExpression OneStepDelay
"""
_TYPES = """
ImplicitType RegType LogicType BitType ByteType ShortIntType IntType LongIntType IntegerType TimeType RealType
RealTimeType ShortRealType StringType VoidType NamedType EnumType StructType UnionType StructUnionMember TypeReference
VariableDimension RangeDimensionSpecifier WildcardDimensionSpecifier RangeSelect SimpleRangeSelect AscendingRangeSelect
DescendingRangeSelect ElementSelect BitSelect Declarator EqualsValueClause EqualsTypeClause KeywordType Signing
DotMemberClause
"""
_EXPRESSIONS = """
IdentifierName IdentifierSelectName ScopedName SystemName UnitScope LocalScope EmptyIdentifierName KeywordName
IntegerLiteralExpression IntegerVectorExpression UnbasedUnsizedLiteralExpression RealLiteralExpression
StringLiteralExpression TimeLiteralExpression DefaultPatternKeyExpression WildcardLiteralExpression
ParenthesizedExpression ConcatenationExpression MultipleConcatenationExpression StreamingConcatenationExpression
StreamExpression StreamExpressionWithRange ConditionalExpression InvocationExpression ArgumentList OrderedArgument
NamedArgument EmptyArgument CastExpression SignedCastExpression InsideExpression RangeList ValueRangeExpression
OpenRangeList OpenRangeExpression ElementSelectExpression MemberAccessExpression AssignmentPatternExpression
SimpleAssignmentPattern StructuredAssignmentPattern ReplicatedAssignmentPattern AssignmentPatternItem MinTypMaxExpression
EmptyQueueExpression AddExpression SubtractExpression MultiplyExpression DivideExpression ModExpression PowerExpression
EqualityExpression InequalityExpression CaseEqualityExpression CaseInequalityExpression WildcardEqualityExpression
WildcardInequalityExpression LessThanExpression LessThanEqualExpression GreaterThanExpression
GreaterThanEqualExpression LogicalAndExpression LogicalOrExpression LogicalImplicationExpression
LogicalEquivalenceExpression BinaryAndExpression BinaryOrExpression BinaryXorExpression BinaryXnorExpression
LogicalShiftLeftExpression LogicalShiftRightExpression ArithmeticShiftLeftExpression ArithmeticShiftRightExpression
UnaryPlusExpression UnaryMinusExpression UnaryBitwiseNotExpression UnaryLogicalNotExpression UnaryBitwiseAndExpression
UnaryBitwiseOrExpression UnaryBitwiseXorExpression UnaryBitwiseNandExpression UnaryBitwiseNorExpression
UnaryBitwiseXnorExpression UnaryPreincrementExpression UnaryPredecrementExpression PostincrementExpression
PostdecrementExpression AssignmentExpression NonblockingAssignmentExpression AddAssignmentExpression
SubtractAssignmentExpression MultiplyAssignmentExpression DivideAssignmentExpression ModAssignmentExpression
AndAssignmentExpression OrAssignmentExpression XorAssignmentExpression LogicalLeftShiftAssignmentExpression
LogicalRightShiftAssignmentExpression ArithmeticLeftShiftAssignmentExpression
ArithmeticRightShiftAssignmentExpression SimplePropertyExpr SimpleSequenceExpr PropertySpec SequenceMatchList
"""
_DIRECTIVES = """
DefineDirective MacroFormalArgumentList MacroFormalArgument MacroArgumentDefault UndefDirective UndefineAllDirective
MacroUsage MacroActualArgumentList MacroActualArgument IfDefDirective IfNDefDirective ElsIfDirective ElseDirective
EndIfDirective NamedConditionalDirectiveExpression TimeScaleDirective DefaultNetTypeDirective ResetAllDirective
CellDefineDirective EndCellDefineDirective NoUnconnectedDriveDirective
"""


def _kinds(names: str) -> frozenset[SyntaxKind]:
    """Return the syntax kinds named in *names*; names that this pyslang does not have are skipped."""
    return frozenset(kind for name in names.split() if (kind := getattr(SyntaxKind, name, None)) is not None)


DIRECTIVES = _kinds(_DIRECTIVES)
"""Every directive allowed in a design; the rewritten text has none of them."""
KINDS = _kinds(f"{_MEMBERS} {_STATEMENTS} {_TIMING} {_TYPES} {_EXPRESSIONS}")
"""Every syntax node of a synthesizable design."""
